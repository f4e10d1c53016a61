import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted, type Api } from '../../cluster/api.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { until } from '../../fixture/until.ts';
import { startExplainBed, type ExplainBed } from './explain-bed.ts';
import { complain, define, hold, makeAskingPod, vlanNetwork } from './world.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('antrea explain', () => {
  let bed: ExplainBed;
  let admin: Api;
  beforeAll(async () => {
    bed = await startExplainBed();
    ({ admin } = bed);
  });
  afterAll(() => bed.stop());

  const explain: ExplainBed['explain'] = (...words) => bed.explain(...words);

  describe('of a Pod says why it has no address', () => {
    it.each<{ what: string; config?: object | string; networks?: string; line: RegExp; advice: RegExp }>([
      {
        what: 'it asks for none',
        line: /FAIL {2}annotation +there is no k8s\.v1\.cni\.cncf\.io\/networks: it asks for no network/u,
        advice: /-> add it to the Pod/u,
      },
      {
        what: 'what it asks for cannot be read',
        networks: 'a/b/c',
        line: /FAIL {2}annotation .*the network "a\/b\/c" is malformed/u,
        advice: /-> put it right, and recreate the Pod: kubectl get pod -n default/u,
      },
      {
        what: 'there is no such network',
        networks: 'nowhere',
        line: /FAIL {2}network default\/nowhere +there is no NetworkAttachmentDefinition nowhere in Namespace default/u,
        advice: /-> which there are: kubectl get network-attachment-definitions -A/u,
      },
      {
        what: 'the network cannot be read',
        config: '{"type":',
        line: /FAIL {2}network default\/n\d+ +spec\.config is no JSON/u,
        advice: /-> kubectl edit network-attachment-definitions -n default n\d/u,
      },
      {
        what: 'the network has no networkType',
        config: { type: 'antrea', ipam: { type: 'antrea', ippools: ['free'] } },
        line: /FAIL .*the key networkType is missing/u,
        advice: /-> kubectl edit/u,
      },
      {
        what: 'the network is of a type that is not made',
        config: { ...vlanNetwork('free'), networkType: 'sriov' },
        line: /FAIL .*networkType "sriov" is unknown/u,
        advice: /-> kubectl edit/u,
      },
      {
        what: 'the network names no pool',
        config: vlanNetwork(),
        line: /FAIL .*ipam\.ippools and ipam\.addresses are both empty/u,
        advice: /-> kubectl edit/u,
      },
      {
        what: 'the network is of another plugin',
        config: { type: 'bridge', ipam: { type: 'host-local' } },
        line: /ok {4}network default\/n\d+ +is made by bridge with the IPAM host-local, not by antrea/u,
        advice: /^/u,
      },
      {
        what: 'the network has no ipam',
        config: { type: 'antrea', networkType: 'vlan' },
        line: /ok {4}network default\/n\d+ +has no ipam/u,
        advice: /^/u,
      },
      {
        what: 'the pool is missing',
        config: vlanNetwork('missing'),
        line: /FAIL {2}network default\/n\d+ +pool missing does not exist/u,
        advice: /-> which there are: kubectl get ippools/u,
      },
      {
        what: 'the pool has a name that none can have',
        config: vlanNetwork('A; reboot'),
        line: /FAIL {2}network default\/n\d+ +ipam\.ippools\[0\] is "A; reboot": expected a pool name/u,
        advice: /-> kubectl edit/u,
      },
      {
        what: 'the network has keys of whereabouts in place of a pool',
        config: { type: 'antrea', networkType: 'vlan', ipam: { type: 'antrea', range: '10.0.0.0/24', exclude: [] } },
        line: /FAIL .*ipam has range, exclude of another plugin's IPAM: expected ipam\.ippools/u,
        advice: /-> kubectl edit/u,
      },
      {
        what: 'the pool is full',
        config: vlanNetwork('full'),
        line: /FAIL {2}network default\/n\d+ +pool full is exhausted: all 1 addresses are held/u,
        advice: /-> who holds them, and whether they live: antrea explain pool\/full/u,
      },
      {
        what: 'the pool of another plugin is full',
        config: { type: 'macvlan', ipam: { type: 'antrea', ippools: ['full'] } },
        line: /FAIL {2}network default\/n\d+ +pool full is exhausted/u,
        advice: /antrea explain pool\/full/u,
      },
      {
        what: 'the pools are of two VLANs',
        config: vlanNetwork('green', 'red'),
        line: /FAIL .*lists pool green of VLAN 7 and pool red of VLAN 8/u,
        advice: /-> kubectl edit/u,
      },
      {
        what: 'the network is on another VLAN than the pool',
        config: { ...vlanNetwork('green'), vlan: 9 },
        line: /warn {2}network default\/n\d+ +is on VLAN 9, and pool green on VLAN 7/u,
        advice: /-> leave vlan out of the network/u,
      },
      {
        what: 'its Namespace may not use the pool',
        config: vlanNetwork('closed'),
        line: /FAIL {2}network default\/n\d+ +Namespace default may not use pool closed/u,
        advice: /-> kubectl label namespace default/u,
      },
      {
        what: 'it asks for an address that is in no pool',
        config: vlanNetwork('free'),
        networks: '[{"name":"$","ips":["192.168.0.99"]}]',
        line: /FAIL .*requested address 192\.168\.0\.99 lies in no range of the listed pools/u,
        advice: /-> ask for another one in ips of the Pod's annotation, .*kubectl edit/u,
      },
      {
        what: 'nothing stands in the way',
        config: vlanNetwork('free'),
        line: /warn {2}network default\/n\d+ +has no address of pool free yet, and nothing here stands in the way/u,
        advice: /-> what the Node says: kubectl describe pod -n default/u,
      },
    ])('$what', async ({ config, networks, line, advice }) => {
      const name = `n${(number += 1)}`;
      if (config !== undefined) await define(admin, name, config);
      const asked = networks?.replace('$', name) ?? (config === undefined ? undefined : name);
      await makeAskingPod(admin, `pod-${name}`, asked === undefined ? {} : { networks: asked });
      const { code, stdout } = await explain(`pod-${name}`);
      expect(code).toBe(0);
      expect(stdout).toMatch(line);
      expect(stdout).toMatch(advice);
    });
    let number = 0;

    it('the API server has refused the plugin, in the words of the Node', async () => {
      await define(admin, 'refused', vlanNetwork('free'));
      const uid = await makeAskingPod(admin, 'refused', { networks: 'refused' });
      const said = 'User "system:serviceaccount:antrea-cni:plugin" cannot create resource "ipallocations" in API group';
      await complain(admin, {
        name: 'refused',
        uid,
        message: `plugin type="antrea" failed (add): the API server refuses: ${said}`,
      });
      const { stdout } = await explain('refused');
      expect(stdout).toMatch(
        /FAIL {2}event .*FailedCreatePodSandBox: .*cannot create resource.*\n +-> .*kubectl apply -f deploy\/rbac/u,
      );
    });

    it('the kubelet has said why, of a static Pod by the UID that it has there', async () => {
      await define(admin, 'static', vlanNetwork('free'));
      const annotations = { 'kubernetes.io/config.hash': 'feedc0de' };
      const uid = await makeAskingPod(admin, 'static-node-1', { networks: 'static', annotations });
      await complain(admin, { name: 'static-node-1', uid: 'feedc0de', message: 'Open vSwitch is away' });
      await complain(admin, { name: 'static-node-1', uid, reason: 'RunsWithoutItsNetworks', message: 'runs without' });
      const { stdout } = await explain('static-node-1');
      expect(stdout).toMatch(/FAIL {2}event .*FailedCreatePodSandBox: Open vSwitch is away/u);
      expect(stdout).toMatch(/warn {2}event .*RunsWithoutItsNetworks/u);
      const odd = { 'kubernetes.io/config.hash': 'a,b==c' };
      await makeAskingPod(admin, 'not-static', { networks: 'static', annotations: odd });
      expect(await explain('not-static')).toMatchObject({ code: 0 });
    });

    it('it runs without its networks, as the agent tells', async () => {
      await define(admin, 'late', vlanNetwork('free'));
      const uid = await makeAskingPod(admin, 'late', { networks: 'late' });
      await complain(admin, {
        name: 'late',
        uid,
        reason: 'RunsWithoutItsNetworks',
        message: 'runs without default/late',
      });
      const { stdout } = await explain('late');
      expect(stdout).toMatch(
        /warn {2}event .*RunsWithoutItsNetworks: runs without default\/late\n +-> if something makes it anew: kubectl delete pod -n default late\n/u,
      );
    });

    it('the plugin has no rights', async () => {
      const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/antrea-cni-plugin';
      const binding = accepted(await admin.get(path));
      accepted(await admin.remove(path));
      await define(admin, 'norights', vlanNetwork('free'));
      await makeAskingPod(admin, 'norights', { networks: 'norights' });
      const said = /FAIL {2}rights .*may not get ippools, create ipallocations, delete ipallocations/u;
      // The API server learns of it some time later, each time.
      const says = async (): Promise<boolean> => said.test((await explain('norights')).stdout);
      await until(says, { what: 'rights that are missing' });
      const { apiVersion, kind, roleRef, subjects } = binding;
      accepted(
        await admin.post(path.replace('/antrea-cni-plugin', ''), {
          apiVersion,
          kind,
          roleRef,
          subjects,
          metadata: { name: 'antrea-cni-plugin' },
        }),
      );
      await until(async () => !(await says()), { what: 'rights that are there again' });
    });

    it('it is not scheduled, or in the network of its Node', async () => {
      accepted(await admin.post('/api/v1/namespaces/default/pods', podWith('unscheduled', {})));
      expect((await explain('unscheduled')).stdout).toMatch(/FAIL {2}Pod +is not scheduled to a Node yet/u);
      accepted(await admin.post('/api/v1/namespaces/default/pods', podWith('host', { hostNetwork: true })));
      expect((await explain('host')).stdout).toMatch(/FAIL {2}Pod .*\(hostNetwork\): it gets no further interface/u);
    });
  });

  describe('of a Pod that has its addresses', () => {
    it('says that nothing is wrong, what it holds, and what Multus reports', async () => {
      await define(admin, 'blue', vlanNetwork('free'));
      const status = [{ name: 'default/blue', interface: 'net1', ips: ['192.168.0.11'], dns: {} }];
      const uid = await makeAskingPod(admin, 'web-0', {
        networks: 'blue',
        phase: 'Running',
        annotations: { 'k8s.v1.cni.cncf.io/network-status': JSON.stringify(status) },
      });
      await hold(admin, { pool: 'free', address: '192.168.0.11', pod: { name: 'web-0', uid } });
      const { code, stdout } = await explain('default/web-0');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Pod default\/web-0: nothing is wrong here\n/u);
      expect(stdout).toMatch(
        /ok {4}address 192\.168\.0\.11 +of pool free, held for \d+s by Pod default\/web-0 \(interface net1 of container c0ffee0123456, network blue, Node node-1\)/u,
      );
      expect(stdout).toMatch(/ok {4}holder +Pod default\/web-0 lives \(Running\)/u);
      expect(stdout).toMatch(/ok {4}network-status +net1 192\.168\.0\.11 \(default\/blue\)/u);
    });

    it.each(['192.168.9.5/24', '192.168.0.9/24'])('has nothing against %s, a static address', async (address) => {
      const name = `static-${address.replaceAll(/\W/gu, '-')}`;
      const pools = address.startsWith('192.168.0.') ? ['free'] : [];
      const network = { ...vlanNetwork(), ipam: { type: 'antrea', ippools: pools, addresses: [{ address }] } };
      await define(admin, name, network);
      const ips = [address.replace('/24', ''), ...pools.map(() => '192.168.0.15')];
      const status = [{ name: `default/${name}`, interface: 'net1', ips, dns: {} }];
      const uid = await makeAskingPod(admin, name, {
        networks: name,
        phase: 'Running',
        annotations: { 'k8s.v1.cni.cncf.io/network-status': JSON.stringify(status) },
      });
      const pod = { name, uid };
      for (const pool of pools) await hold(admin, { pool, address: '192.168.0.15', pod, network: name });
      expect((await explain(name)).stdout).toMatch(/: nothing is wrong here\n/u);
    });

    it('has nothing against a Pod that asks for none, and has one of the Pod network', async () => {
      const uid = await makeAskingPod(admin, 'primary', { phase: 'Running' });
      await hold(admin, { pool: 'free', address: '192.168.0.16', pod: { name: 'primary', uid }, network: 'podnet' });
      const { stdout } = await explain('primary');
      expect(stdout).toMatch(/: nothing is wrong here\n/u);
      expect(stdout).toMatch(/ok {4}annotation .*asks for no network, and has what the Pod network gives it/u);
    });

    it('says that it uses an address which it does not hold', async () => {
      const status = [{ name: 'default/blue', interface: 'net1', ips: ['192.168.0.19'], dns: {} }];
      const uid = await makeAskingPod(admin, 'web-1', {
        networks: 'blue',
        phase: 'Running',
        annotations: { 'k8s.v1.cni.cncf.io/network-status': JSON.stringify(status) },
      });
      await hold(admin, { pool: 'free', address: '192.168.0.12', pod: { name: 'web-1', uid } });
      const { stdout } = await explain('pod/web-1');
      expect(stdout).toMatch(/FAIL {2}network-status +names 192\.168\.0\.19, which the Pod does not hold/u);
      expect(stdout).toMatch(/warn {2}network-status +does not name 192\.168\.0\.12/u);
    });

    it('gives no command that does what somebody has written into the status of a Pod', async () => {
      const status = [{ name: 'default/blue', interface: 'net1', ips: ['1.2.3.4; reboot'], dns: {} }];
      const annotations = { 'k8s.v1.cni.cncf.io/network-status': JSON.stringify(status) };
      await makeAskingPod(admin, 'evil', { networks: 'blue', phase: 'Running', annotations });
      expect((await explain('evil')).stdout).toContain("-> antrea explain '1.2.3.4; reboot'\n");
    });

    it('says what an earlier Pod of its name still holds', async () => {
      const uid = await makeAskingPod(admin, 'web-2', { networks: 'blue', phase: 'Running' });
      await hold(admin, { pool: 'free', address: '192.168.0.13', pod: { name: 'web-2', uid } });
      await hold(admin, { pool: 'free', address: '192.168.0.14', pod: { name: 'web-2', uid: 'the-former' } });
      const { stdout } = await explain('web-2');
      expect(stdout).toMatch(/holder +Pod default\/web-2 of this UID is gone; another Pod has its name now/u);
    });
  });
});

function podWith(name: string, spec: object): object {
  return { metadata: { name }, spec: { containers: [{ name: 'main', image: 'none' }], ...spec } };
}
