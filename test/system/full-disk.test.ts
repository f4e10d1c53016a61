import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeeded } from '../fixture/outcome.ts';
import { createResources } from '../fixture/resources.ts';
import { attachment, ipam, network, noTraces, refusal, startBed, type Bed } from './bed.ts';

// The folder of the plugin's records is a small disk of its own.

const resources = createResources();
let bed: Bed;
beforeAll(async () => {
  bed = await resources.use(startBed());
  const { dataDir } = bed.node;
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,nr_inodes=60', 'tmpfs', dataDir]);
  resources.defer(() => execFileSync('umount', ['--lazy', dataDir]));
  await bed.applyPools({ name: 'blue', ranges: ['10.10.1.0/28'], gateway: '10.10.1.1' });
});
afterAll(resources.release);

it('Pods can be deleted while the disk is full; one that cannot be attached says so, and leaves no files behind', async () => {
  const { dataDir } = bed.node;
  const conf = network(ipam('blue'));
  const pods = [attachment(await bed.pod(), conf), attachment(await bed.pod(), conf)];
  for (const pod of pods) succeeded(await bed.runtime.add(pod));
  const fillers = fill(dataDir);
  const before = readdirSync(dataDir, { recursive: true });
  const late = attachment(await bed.pod(), conf);
  expect(refusal(await bed.runtime.add(late))).toMatch(/^5: .* cannot be written: ENOSPC/u);
  for (const config of [conf, { ...conf, type: 'macvlan' }])
    expect(refusal(await bed.runtime.call('STATUS', { config }))).toMatch(/^50: .* cannot be written: ENOSPC/u);
  expect(readdirSync(dataDir, { recursive: true })).toStrictEqual(before);
  for (const pod of [late, ...pods]) succeeded(await bed.runtime.del(pod));
  expect(await bed.traces()).toStrictEqual(noTraces);
  for (const path of fillers) rmSync(path);
  succeeded(await bed.runtime.call('STATUS', { config: conf }));
  expect(readdirSync(dataDir)).not.toContain('status');
});

/** Takes all that is left. @returns the files */
function fill(folder: string): readonly string[] {
  const paths: string[] = [];
  for (;;) {
    const path = join(folder, `filler-${paths.length}`);
    try {
      writeFileSync(path, '');
    } catch {
      return paths;
    }
    paths.push(path);
  }
}
