import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifest, owner } from '../../ipam/sample.ts';
import { openDesk, type Desk } from '../command-line.ts';

let desk: Desk;
beforeEach(async () => {
  desk = openDesk();
  const pools = [manifest({ name: 'a', ranges: ['192.168.0.10-192.168.0.11'] })];
  await desk.antrea(['ippool', 'apply', '-f', '-'], JSON.stringify({ kind: 'List', items: pools }));
  await desk.hold('a', '192.168.0.10', owner('c1'));
});
afterEach(() => desk.clear());

describe('antrea explain of a Node without a cluster', () => {
  it('says who holds an address, and what will free it', async () => {
    const { code, stdout } = await desk.antrea(['explain', '192.168.0.10']);
    expect(code).toBe(0);
    expect(stdout).toContain('of pool a, held by Pod default/pod-c1 (interface net1 of container c1, network vlan100');
    expect(stdout).toContain('is not known to files: DEL, GC and the agent of this Node free the address');
  });

  it('says that an address is free, or in no pool', async () => {
    expect((await desk.antrea(['explain', '192.168.0.11'])).stdout).toMatch(/ok {4}pool a +has it free/u);
    expect(await desk.antrea(['explain', '192.168.0.12'])).toMatchObject({ code: 3 });
  });

  it('says what a Pod holds, by its name alone', async () => {
    const { code, stdout } = await desk.antrea(['explain', 'default/pod-c1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ok {4}address 192\.168\.0\.10 /u);
    expect(await desk.antrea(['explain', 'default/other'])).toMatchObject({ code: 3 });
  });

  it("says what a container without a Namespace holds, such as podman's, and names it as it is called there", async () => {
    const podman = owner('c2', 'eth0');
    await desk.hold('a', '192.168.0.11', { ...podman, pod: { ...podman.pod, namespace: '', name: 'web', uid: '' } });
    const { code, stdout } = await desk.antrea(['explain', 'web']);
    expect(code).toBe(0);
    expect(stdout).toContain('held by web (interface eth0 of container c2, network vlan100, ');
    expect(stdout).toContain('free the address: podman inspect web');
    expect((await desk.antrea(['ippool', 'get', '--addresses'])).stdout).toMatch(/^192\.168\.0\.11 +a +web +eth0 /mu);
  });

  it('says how full a pool is', async () => {
    const { code, stdout } = await desk.antrea(['explain', 'a']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^IPPool a: nothing is wrong here\n/u);
    expect(stdout).toContain('2 in all, 1 held, 1 free; VLAN 0');
    await desk.hold('a', '192.168.0.11', owner('c2'));
    expect((await desk.antrea(['explain', 'a'])).stdout).toContain('exhausted, no further Pod gets one');
  });

  it('counts an address that was excluded since as none of the pool', async () => {
    const spec = manifest({ name: 'a', ranges: ['192.168.0.10-192.168.0.11'], excludes: ['192.168.0.10'] });
    await desk.antrea(['ippool', 'apply', '-f', '-'], JSON.stringify(spec));
    const { stdout } = await desk.antrea(['explain', 'a']);
    expect(stdout).toContain('1 in all, 0 held, 1 free; VLAN 0');
    expect(stdout).toMatch(/ok {4}reserved +1 more are held, and reserved by now: 192\.168\.0\.10\n/u);
  });

  it('says that there is nothing of that name', async () => {
    const { code, stdout } = await desk.antrea(['explain', 'nothing']);
    expect(code).toBe(3);
    expect(stdout).toContain('it holds none');
  });

  it('says in which Namespace there is something of that name', async () => {
    const elsewhere = owner('c2');
    await desk.hold('a', '192.168.0.11', { ...elsewhere, pod: { ...elsewhere.pod, namespace: 'team', name: 'web-0' } });
    const { code, stdout } = await desk.antrea(['explain', 'web-0']);
    expect(code).toBe(3);
    expect(stdout).toContain('it holds none; of that name others do: team/web-0\n');
  });

  it('shows nothing that a terminal would obey', async () => {
    const evil = owner('c3');
    await desk.hold('a', '192.168.0.11', { ...evil, network: 'x\u001B[2J', pod: { ...evil.pod, name: '\u202E' } });
    const { stdout } = await desk.antrea(['explain', '192.168.0.11']);
    expect(stdout).toContain('\\u{202e}');
    // oxlint-disable-next-line no-control-regex -- that is what must not be there
    expect(stdout).not.toMatch(/[\u001B\u202E]/u);
  });
});

describe('antrea explain of a Node with files that are damaged', () => {
  it('explains the rest of a pool and of a Pod, and says which record it is', async () => {
    await desk.hold('a', '192.168.0.11', owner('c2'));
    const file = damage('0b');
    const pool = await desk.antrea(['explain', 'a']);
    expect(pool.code).toBe(0);
    expect(pool.stdout).toContain(`${file} cannot be read: `);
    expect(pool.stdout).toContain('remove its directory if nothing uses the address');
    expect(pool.stdout).toContain('holders    the most: Namespaces default 1;');
    const pod = await desk.antrea(['explain', 'default/pod-c1']);
    expect(pod.code).toBe(0);
    expect(pod.stdout).toMatch(/^FAIL {2}records .*\/allocations\/a\/c0a800\/0b\/.* cannot be read: /mu);
    expect(pod.stdout).toMatch(/^ok {4}address 192\.168\.0\.10 /mu);
  });

  it('does not call an address free whose record cannot be read', async () => {
    const file = damage('0a');
    const { code, stdout } = await desk.antrea(['explain', '192.168.0.10']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^FAIL {2}holder +is not known: /mu);
    expect(stdout).toContain(`${file} cannot be read: `);
    expect(stdout).not.toContain('free: the next Pod');
  });

  it.each([
    ['is damaged', (path: string) => fs.writeFileSync(path, '{'), '{path} cannot be read: Expected property name'],
    ['is not valid', (path: string) => fs.writeFileSync(path, spoilt(path)), 'prefixLength is 99'],
    [
      'is a folder',
      makeFolder,
      '{path} cannot be read: EISDIR: illegal operation on a directory, read; expected a file',
    ],
  ])('explains addresses of other pools where one %s, and that one', async (...[, spoil, says]) => {
    const pool = manifest({ name: 'b', ranges: ['10.0.0.0/30'], gateway: '10.0.0.1' });
    await desk.antrea(['ippool', 'apply', '-f', '-'], JSON.stringify(pool));
    await desk.hold('b', '10.0.0.2', owner('c3'));
    const path = `${desk.dataDir}/pools/b.json`;
    spoil(path);
    const address = await desk.antrea(['explain', '192.168.0.11']);
    expect(address.code).toBe(0);
    expect(address.stdout).toMatch(/^ok {4}pool a +has it free/mu);
    expect(address.stdout).toMatch(/^warn {2}pool b +was not looked at: /mu);
    expect(address.stdout).toContain(says.replace('{path}', path));
    const itself = await desk.antrea(['explain', 'pool/b']);
    expect(itself.code).toBe(0);
    expect(itself.stdout).toMatch(
      /^FAIL {2}spec .*: nothing is allocated\n +-> remove its file, and antrea ippool apply/mu,
    );
    expect(itself.stdout).toContain('the most: Namespaces default 1;');
  });
});

function spoilt(path: string): string {
  return fs.readFileSync(path, 'utf8').replace('"prefixLength": 24', '"prefixLength": 99');
}

/** Overwrites who holds an address; where that is kept. */
function damage(block: string): string {
  const folder = `${desk.dataDir}/allocations/a/c0a800/${block}`;
  const [name] = fs.readdirSync(folder);
  fs.writeFileSync(`${folder}/${name}`, '{');
  return `${folder}/${name}`;
}

function makeFolder(path: string): void {
  fs.unlinkSync(path);
  fs.mkdirSync(path);
}
