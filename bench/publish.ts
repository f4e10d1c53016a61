import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../test/fixture/runtime.ts';
import type { Scale } from './scale.ts';

export interface Published {
  /** What the markers of the document name. */
  readonly section: 'file store' | 'cluster store' | 'real kubelet';
  readonly markdown: string;
  /** For the JSON file. */
  readonly content: object;
}

/** To bench/results/; a full run also to docs/performance.md. Nothing is thrown for a missed figure: timing is not a test. */
export function publish({ quick }: Pick<Scale, 'quick'>, { section, markdown, content }: Published): void {
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const stamp = new Date().toISOString().replaceAll(/[:.]/gu, '-');
  const file = join(results, `${stamp}-${section.replace(' ', '-')}${quick ? '-quick' : ''}`);
  writeFileSync(`${file}.json`, `${JSON.stringify(content, undefined, 2)}\n`);
  writeFileSync(`${file}.md`, markdown);
  if (!quick) putInto(join(repository, 'docs/performance.md'), section, markdown);
  console.log(`\n${markdown}`);
  console.error(`bench: written: ${file}.md and .json${quick ? '' : ', docs/performance.md'}`);
}

/** Replaces what is between the two markers of the section. */
function putInto(path: string, section: Published['section'], markdown: string): void {
  const [begin, end] = [`<!-- figures of the ${section}: written by make bench -->`, `<!-- end: ${section} -->`];
  const [before, rest] = readFileSync(path, 'utf8').split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${path} has lost its two markers for the ${section}`);
  writeFileSync(path, [before, begin, '\n\n', markdown, end, after].join(''));
}
