import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { antreaExecutable, createRuntime, debianPlugins } from '../fixture/runtime.ts';
import { ipam, network, refusal, startBed, type Bed } from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ nodeFile: { bridges: ['br-none'] } });
  await bed.applyPools({ name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1' });
});
afterAll(() => bed.stop());

const status = (conf: object) => bed.runtime.call('STATUS', { config: network(conf) });
const ready = { code: 0, stdout: '', stderr: '' };

describe('STATUS', () => {
  it.each([{}, ipam('four'), { bridge: undefined }])('is silent when an ADD could succeed: %j', async (conf) => {
    expect(await status(conf)).toMatchObject(ready);
  });

  it.each([
    { conf: { bridge: 'br-none' }, says: '50: Open vSwitch has no bridge br-none' },
    { conf: ipam('missing'), says: '50: pool missing does not exist' },
    { conf: { ipam: { type: 'nobody' } }, says: '50: the plugin nobody is in none of the folders' },
    // Debian's speaks 1.0.0 at most: an ADD would fail, too.
    { conf: { ipam: { type: 'host-local', subnet: '10.0.0.0/24' } }, says: '50: host-local: ' },
    { conf: { ipam: { type: 'host-local', dataDir: '/etc' } }, says: '50: ipam.dataDir names a file' },
  ])('is 50 when an ADD would fail: $conf', async ({ conf, says }) => {
    expect(refusal(await status(conf))).toContain(says);
  });

  it('is the error that it is for a configuration that is wrong, or too old', async () => {
    expect(refusal(await status({ vlan: 4095 }))).toMatch(/^2: .*vlan 4095/u);
    expect(refusal(await status({ cniVersion: '1.0.0' }))).toMatch(/^1: STATUS needs cniVersion 1.1.0/u);
  });

  it.each([
    { exit: '0', prints: '', says: undefined },
    { exit: '1', prints: '{"code":51,"msg":"half broken"}', says: '51: fake: half broken' },
    { exit: '1', prints: '{"code":50,"msg":"broken"}', says: '50: fake: broken' },
    { exit: '1', prints: '{"code":999,"msg":"odd"}', says: '50: fake: odd' },
    { exit: '1', prints: 'Segmentation fault', says: '50: the plugin fake failed' },
  ])("is what another IPAM plugin's is: $prints", async ({ exit, prints, says }) => {
    const plugin = join(bed.node.dir, 'fake');
    writeFileSync(plugin, `#!/bin/sh\n[ "$CNI_COMMAND" = STATUS ] || exit 9\nprintf '%s' '${prints}'\nexit ${exit}\n`);
    chmodSync(plugin, 0o755);
    const runtime = createRuntime({ node: bed.node, path: [dirname(antreaExecutable()), debianPlugins, bed.node.dir] });
    const answer = await runtime.call('STATUS', { config: network({ ipam: { type: 'fake' } }) });
    if (says === undefined) expect(answer).toMatchObject(ready);
    else expect(refusal(answer)).toBe(says);
  });

  it("is 50 when OVS is down, and for another plugin's network that only asks for addresses, all is well", async () => {
    const own = await startBed();
    await own.applyPools({ name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1' });
    await own.node.ovs.ovsdb.kill();
    const answer = await own.runtime.call('STATUS', { config: network(ipam('four')) });
    expect(refusal(answer)).toMatch(/^50: Open vSwitch's database cannot be reached/u);
    const bridge = network({ type: 'bridge', ...ipam('four') });
    expect(await own.runtime.call('STATUS', { config: bridge })).toMatchObject(ready);
    expect(refusal(await own.runtime.call('STATUS', { config: { ...bridge, ...ipam('missing') } }))).toMatch(/^50: /u);
    await own.stop();
  });
});
