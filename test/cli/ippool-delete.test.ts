import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { manifest, owner } from '../ipam/sample.ts';
import { type Desk, openDesk } from './command-line.ts';

let desk: Desk;
beforeEach(async () => {
  desk = openDesk();
  const items = ['a', 'b'].map((name, index) => manifest({ name, ranges: ['192.168.0.0/24'], vlan: index }));
  await desk.antrea(['ippool', 'apply', '-f', '-'], JSON.stringify({ kind: 'List', items }));
});
afterEach(() => desk.clear());

describe('antrea ippool delete', () => {
  it('deletes pools', async () => {
    expect(await desk.antrea(['ippool', 'delete', 'a', 'b'])).toStrictEqual({
      code: 0,
      stdout: 'ippool.crd.antrea.io "a" deleted\nippool.crd.antrea.io "b" deleted\n',
      stderr: `store: files in ${desk.dataDir}\n`,
    });
    expect((await desk.antrea(['ippool', 'get'])).stderr).toContain('There are no pools');
  });

  it('refuses one whose addresses are held, says by whom and what to do, and deletes the others', async () => {
    await desk.hold('a', '192.168.0.7', owner('c1'));
    const { code, stdout, stderr } = await desk.antrea(['ippool', 'delete', 'a', 'b']);
    expect(code).toBe(4);
    expect(stdout).toBe('ippool.crd.antrea.io "b" deleted\n');
    expect(stderr).toContain('error: pool a cannot be deleted: 1 of its addresses are held, such as 192.168.0.7');
    expect(stderr).toContain('held by default/pod-c1 (interface net1 of container c1, network vlan100)');
    expect(stderr).toContain('antrea ippool get a --addresses');
    expect((await desk.antrea(['ippool', 'get', 'a'])).code).toBe(0);
  });

  it('says that there is no such pool', async () => {
    const { code, stderr } = await desk.antrea(['ippool', 'delete', 'c']);
    expect(code).toBe(3);
    expect(stderr).toContain(`error: pool c does not exist in ${desk.dataDir}`);
  });

  it('needs a name', async () => {
    const { code, stderr } = await desk.antrea(['ippool', 'delete']);
    expect(code).toBe(2);
    expect(stderr).toContain("error: missing required argument 'name'");
  });
});
