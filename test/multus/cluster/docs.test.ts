import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isObject, objectsIn, parseJson, textAt, type JsonObject } from '../../fixture/json.ts';
import { succeeded } from '../../fixture/outcome.ts';
import { repository } from '../../fixture/runtime.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { startMultusBed, type MultusBed } from './bed.ts';
import { documents } from './guide.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();
const page = readFileSync(join(repository, 'docs/kubernetes.md'), 'utf8');

/** What stands in the page between a heading and the next one, in blocks of a language. */
function blocks(heading: string, language: string): readonly string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gmu'))].map(([, text = '']) => text);
}

describe.skipIf(multus.reason !== undefined)('docs/kubernetes.md', () => {
  let bed: MultusBed;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
  });
  afterAll(() => bed?.stop());

  it('has an example for Multus that works, and shows the network-status that comes of it', async () => {
    const [pool = ''] = blocks('Pools', 'yaml');
    const manifests = [pool, ...blocks('With Multus', 'yaml')].flatMap(documents);
    const annotations = manifests.map(({ kind, metadata }) =>
      kind === 'Pod' && isObject(metadata) && isObject(metadata['annotations']) ? metadata['annotations'] : {},
    );
    await bed.apply(...manifests.filter(({ kind }) => kind !== 'Pod').map(inShop));
    const networks = annotations.flatMap((one) => textAt(one, 'k8s.v1.cni.cncf.io/networks') ?? [])[0];
    const pod = await bed.pod({ networks: networks ?? '' });
    succeeded(await bed.add(pod));
    const [status = ''] = blocks('With Multus', 'json');
    const shown = objectsIn(parseJson(status.replaceAll('default/', 'shop/')));
    const [asked, free] = (await bed.networkStatus(pod)).slice(1);
    expect(asked).toStrictEqual(shown[0]);
    expect(free).toStrictEqual({ ...shown[1], ips: free?.['ips'], mac: free?.['mac'] });
    expect(free?.['ips']).toHaveLength(2);
    succeeded(await bed.del(pod));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

/** The Pods of these tests are in the Namespace shop. */
function inShop(object: JsonObject): JsonObject {
  if (object['kind'] !== 'NetworkAttachmentDefinition' || !isObject(object['metadata'])) return object;
  return { ...object, metadata: { ...object['metadata'], namespace: 'shop' } };
}
