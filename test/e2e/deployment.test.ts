import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberAt, type JsonObject } from '../fixture/json.ts';
import { until } from '../fixture/until.ts';
import { createResources } from '../fixture/resources.ts';
import { startBed, type Bed } from './bed.ts';
import { whyNot } from './machine.ts';
import {
  applyDeployment,
  deleteDeployment,
  interfacesOf,
  isRunning,
  nameOf,
  podsOf,
  rolledOut,
  secondaryIpsOf,
} from './pods.ts';

describe.skipIf((await whyNot()) !== undefined)('a Deployment with two secondary networks', () => {
  const resources = createResources();
  let bed: Bed;
  const web = { name: 'web', replicas: 4, networks: 'blue, green' };

  beforeAll(async () => {
    bed = await resources.use(startBed());
    await applyDeployment(bed.admin, web);
    await rolledOut(bed.admin, 'web');
  });

  afterAll(resources.release);

  const pods = (): Promise<readonly JsonObject[]> => podsOf(bed.admin, 'web');

  it('runs, and each Pod says which interfaces and addresses it has', async () => {
    for (const pod of await pods()) {
      const interfaces = interfacesOf(pod).map(({ network, ifname, ips }) => [network, ifname, ips.length]);
      expect(interfaces).toEqual([
        ['pods', 'eth0', 1],
        ['shop/blue', 'net1', 1],
        ['shop/green', 'net2', 1],
      ]);
    }
  });

  it('has these very addresses in its Pods, and holds no others', async () => {
    const said = (await pods()).map((pod) => ({ name: nameOf(pod), ips: secondaryIpsOf(pod) }));
    for (const { name, ips } of said) expect(await addressesIn(name)).toEqual(ips);
    expect(await bed.held()).toEqual(
      said.flatMap(({ ips: [blue, green] }) => [`blue/${blue}`, `green/${green}`]).toSorted(),
    );
  });

  it('has Pods that reach each other on each of the networks', async () => {
    const [one, other] = await pods();
    if (one === undefined || other === undefined) throw new Error('there are no two Pods');
    for (const address of secondaryIpsOf(other)) await bed.inPod(nameOf(one), 'ping', '-c1', '-W5', '-n', address);
  });

  it('is connected to the VLAN of each pool', async () => {
    const ports = await bed.ovs.rows('Port', 'tag');
    const tags = ports.flatMap((port) => numberAt(port, 'tag') ?? []).toSorted((one, other) => one - other);
    expect(tags).toEqual([100, 100, 100, 100, 200, 200, 200, 200]);
  });

  it('is replaced by a rolling update, after which each Pod has addresses of its own, and no old one is held', async () => {
    const before = (await pods()).map(nameOf);
    await applyDeployment(bed.admin, { ...web, env: { VERSION: '2' } });
    await rolledOut(bed.admin, 'web');
    const gone = async (): Promise<boolean> => (await pods()).every(isRunning);
    await until(gone, { what: 'the end of the old Pods', timeoutMs: 60_000, everyMs: 100 });
    await bed.clean();
    const after = await pods();
    expect(after.map(nameOf).filter((name) => before.includes(name))).toEqual([]);
    const ips = after.flatMap(secondaryIpsOf);
    expect(new Set(ips).size).toBe(8);
    expect((await bed.held()).map((one) => one.replace(/^.*\//u, '')).toSorted()).toEqual(ips.toSorted());
  });

  it('leaves nothing when it is deleted after its networks were', async () => {
    await bed.deleteNetwork('blue');
    await bed.deleteNetwork('green');
    await deleteDeployment(bed.admin, 'web');
    await bed.empty();
    expect(await bed.held()).toEqual([]);
  });

  async function addressesIn(pod: string): Promise<readonly string[]> {
    const text = await bed.inPod(pod, 'ip', '-brief', '-4', 'address');
    return [...text.matchAll(/^net\d\S*\s+\S+\s+(?<address>[\d.]+)\/16\s*$/gmu)].map(
      ({ groups }) => groups?.['address'] ?? '',
    );
  }
});
