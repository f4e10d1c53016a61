import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from '../../cluster/api.ts';
import { errorOf, succeeded } from '../../fixture/outcome.ts';
import { ours, startMultusBed, type MultusBed } from '../../multus/cluster/bed.ts';
import { findMultus } from '../../multus/cluster/multus.ts';
import type { ClusterPod } from '../../plugin/cluster/pod.ts';
import { welcome, yamlKubeconfig, type Answer, type Person } from './person.ts';
import { complain, renewLease } from './world.ts';

const multus = await findMultus();

/** Pods whose networks the real Multus attaches, and what it writes and answers. */
describe.skipIf(multus.reason !== undefined || ours !== 'antrea')('antrea explain under Multus', () => {
  let bed: MultusBed;
  let me: Person;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    me = await welcome();
    const { cluster } = bed;
    me.write('.kube/config', yamlKubeconfig(cluster, { token: cluster.adminToken }, { namespace: 'shop' }));
    await renewLease(cluster.admin, { namespace: 'kube-node-lease', name: 'node-1' });
    await bed.applyPools(
      { name: 'one', ranges: ['10.10.1.10-10.10.1.10'], gateway: '10.10.1.1', vlan: 100 },
      { name: 'six', ranges: ['fd00:10::/64'], gateway: 'fd00:10::1', prefixLength: 64, vlan: 100 },
    );
    const ipam = { type: ours, ippools: ['one', 'six'] };
    await bed.applyNetworks({ both: { cniVersion: '1.1.0', type: ours, networkType: 'vlan', ipam } });
  });
  afterEach(() => bed.reset());
  afterAll(async () => {
    await me.leave();
    await bed.stop();
  });

  const explain = async (...words: readonly string[]): Promise<Answer> => me.antrea(['explain', ...words]);

  it('finds nothing wrong with a Pod that is attached, and sees what Multus has written', async () => {
    const pod = await bed.pod({ networks: 'both@net5' });
    succeeded(await bed.add(pod));
    const { code, stdout } = await explain(pod.podName);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Pod shop\/web-\w+: nothing is wrong here\n/u);
    expect(stdout).toMatch(/ok {4}network shop\/both@net5 +has an address of the pools one, six\n/u);
    expect(stdout).toMatch(/ok {4}network-status +net5 10\.10\.1\.10 fd00:10::[\da-f:]+ \(shop\/both\)\n/u);
    expect((await explain('10.10.1.10')).stdout).toContain('held for ');
  });

  it('says that the pool is full, and repeats what Multus and the plugin have told the runtime', async () => {
    succeeded(await bed.add(await bed.pod({ networks: 'both' })));
    const late = await bed.pod({ networks: 'both' });
    await tell(late, errorOf(await bed.add(late)).msg);
    const { stdout } = await explain(late.podName);
    expect(stdout).toMatch(/FAIL {2}network shop\/both +pool one is exhausted: all 1 addresses are held\n/u);
    expect(stdout).toMatch(
      /FAIL {2}event .*no IPv4 address is free: exhausted pool one.*\n +-> who holds the addresses/u,
    );
  });

  it('says of a Pod that is gone what it still holds, and that nobody will free it', async () => {
    const pod = await bed.pod({ networks: 'both' });
    succeeded(await bed.add(pod));
    await pod.forget();
    const { stdout } = await explain(pod.podName);
    expect(stdout).toMatch(/FAIL {2}Pod +there is no Pod web-\w+ in Namespace shop/u);
    expect(stdout).toMatch(/FAIL {2}holder .*of this UID is gone, and no controller runs/u);
    expect((await explain('pool/one')).stdout).toMatch(/warn {2}dead holders +1 of the addresses/u);
  });

  async function tell({ namespace, podName, uid }: ClusterPod, message: string): Promise<void> {
    const { admin } = bed.cluster;
    accepted(
      await admin.patch(`/api/v1/namespaces/${namespace}/pods/${podName}/status`, { status: { phase: 'Pending' } }),
    );
    await complain(admin, { namespace, name: podName, uid, message });
  }
});
