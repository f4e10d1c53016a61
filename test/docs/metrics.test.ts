import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

function namesIn(pattern: RegExp, paths: readonly string[]): readonly string[] {
  const found = paths.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(pattern)].map(([, name = '']) => name));
  return [...new Set(found)].toSorted();
}

describe.each([
  {
    of: 'agent',
    page: 'docs/agent.md',
    inPage: /`(antrea_agent_\w+)/gu,
    inSources: /name: '(antrea_agent_\w+)'/gu,
  },
  {
    of: 'controller',
    page: 'docs/kubernetes.md',
    inPage: /`(controller_\w+)/gu,
    inSources: /name: '(controller_\w+)'/gu,
  },
])('the metrics of the $of', ({ of, page, inPage, inSources }) => {
  it(`are those that ${page} has`, () => {
    const sources = globSync(`src/${of}/**/*.ts`);
    expect(namesIn(inPage, [page])).toEqual(namesIn(inSources, sources));
  });
});
