import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted, type Api } from '../../cluster/api.ts';
import { makePod, makeRoleToken } from '../../cluster/objects.ts';
import { poolPath } from '../../cluster/pools.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { isObject, objectsIn } from '../../fixture/json.ts';
import { startExplainBed, type ExplainBed } from './explain-bed.ts';
import { parsed, tokenWithRights, yamlKubeconfig } from './person.ts';
import { applyPool, define, hold, makeAskingPod, makeLivingNode, renewLease, vlanNetwork } from './world.ts';

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

  describe('of an address says', () => {
    it.each([
      ['10.0.0.1', 3, /FAIL {2}pools +lies in no pool: /u],
      ['192.168.0.2', 3, /FAIL {2}pools +lies in no pool \(it is in the subnet of pool /u],
      ['192.168.0.20', 0, /ok {4}pool free +has it free/u],
      ['fd00::1', 3, /FAIL {2}pools +lies in no pool: /u],
    ])('of %s where it is', async (address, exit, line) => {
      const { code, stdout } = await explain(address);
      expect(stdout).toMatch(line);
      expect(code).toBe(exit);
    });

    it('that it is reserved, and by what', async () => {
      await applyPool(admin, {
        name: 'reserved',
        ranges: ['10.7.0.0/24'],
        gateway: '10.7.0.1',
        excludes: ['10.7.0.9'],
      });
      expect((await explain('10.7.0.1')).stdout).toMatch(/ok {4}pool reserved +has it reserved: it is the gateway/u);
      expect((await explain('10.7.0.9')).stdout).toMatch(/has it reserved: spec\.excludes\[0\] names 10\.7\.0\.9/u);
    });

    it('that it is in two pools, and on which VLANs', async () => {
      const ranges = ['10.8.0.10-10.8.0.20'];
      await applyPool(admin, { name: 'one', ranges, gateway: '10.8.0.1', vlan: 5 });
      await applyPool(admin, { name: 'apart', ranges, gateway: '10.8.0.1', vlan: 6 });
      expect((await explain('10.8.0.15')).stdout).toMatch(
        /ok {4}pools +lies in apart \(VLAN 6\), one \(VLAN 5\): on none of the VLANs, more than one pool gives it/u,
      );
      await applyPool(admin, { name: 'two', ranges, gateway: '10.8.0.1', vlan: 5 });
      expect((await explain('10.8.0.15')).stdout).toMatch(
        /FAIL {2}pools +lies in .* on one VLAN, two Pods could get it\n +-> .*spec\.excludes of two, /u,
      );
      expect((await explain('one')).stdout).toMatch(/FAIL {2}overlap +has addresses of two on the same VLAN 5/u);
      accepted(await admin.patch(`${poolPath('v1beta1')}/two`, { spec: { excludes: ['10.8.0.15'] } }));
      const { stdout } = await explain('10.8.0.15');
      expect(stdout).toMatch(/ok {4}pools +lies in .*: on none of the VLANs, more than one pool gives it/u);
      expect(stdout).toMatch(/ok {4}pool two +has it reserved: spec\.excludes/u);
    });

    it('that its holder is gone, and who will free it and when', async () => {
      await hold(admin, { ...gone('gone', 'node-1'), address: '192.168.0.15' });
      expect((await explain('192.168.0.15')).stdout).toMatch(
        /FAIL {2}holder .*is gone, and no controller runs: only DEL, GC or the agent of its Node/u,
      );
      await renewLease(admin, { namespace: 'antrea-cni', name: 'controller' });
      const { stdout } = await explain('192.168.0.15');
      expect(stdout).toMatch(
        /warn {2}holder .*is gone: DEL frees it, or else the agent of its Node .*, or else the controller .*--cleanup-grace/u,
      );
      expect(stdout).toMatch(/ok {4}controller +runs/u);

      await hold(admin, { ...gone('lost', 'node-2'), address: '192.168.0.16' });
      expect((await explain('192.168.0.16')).stdout).toMatch(
        /warn {2}holder .*its Node is deleted: the controller frees it/u,
      );
      await makeLivingNode(admin, 'node-2');
      await renewLease(admin, {
        namespace: 'kube-node-lease',
        name: 'node-2',
        renewed: new Date(Date.now() - 7_200_000),
      });
      const silent = (await explain('192.168.0.16')).stdout;
      expect(silent).toMatch(
        /its Node is silent, .* --lost-node-after \(24h; 2h of silence so far\)\n +-> .*kubectl delete node node-2, or kubectl taint node node-2 /u,
      );
      expect(silent).toMatch(/warn {2}Node node-2 +is silent: its Lease was renewed 2h ago; its object is there/u);
      accepted(
        await admin.patch('/api/v1/nodes/node-2', {
          spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] },
        }),
      );
      expect((await explain('192.168.0.16')).stdout).toMatch(/its Node is out of service: the controller frees it/u);
    });

    it('that it is held, though no range of its pool has it', async () => {
      await hold(admin, { pool: 'free', address: '192.168.0.99', pod: { name: 'web', uid: 'web-uid' } });
      const { code, stdout } = await explain('192.168.0.99');
      expect(code).toBe(0);
      expect(stdout).toMatch(/warn {2}pools +is held of pool free, and lies in none of its ranges/u);
      expect(stdout).not.toContain('no Pod gets it');
    });

    it('that its holder has ended, or never was a Pod', async () => {
      const uid = await makeAskingPod(admin, 'done', { phase: 'Succeeded' });
      await hold(admin, { pool: 'free', address: '192.168.0.17', pod: { name: 'done', uid } });
      expect((await explain('192.168.0.17')).stdout).toMatch(
        /warn {2}holder .*has ended \(Succeeded\).*\n +-> kubectl delete pod -n default done/u,
      );
      await hold(admin, { pool: 'free', address: '192.168.0.18', pod: { name: '', uid: '' } });
      expect((await explain('192.168.0.18')).stdout).toMatch(
        /ok {4}holder +names no Pod \(cnitool, podman\): DEL frees it, or the agent/u,
      );
    });

    it('that a static Pod lives, whose UID is another one in the API', async () => {
      const annotations = { 'kubernetes.io/config.hash': 'feedc0de' };
      await makePod(admin, { namespace: 'default', name: 'static-node-1', node: 'node-1', annotations });
      await hold(admin, { pool: 'green', address: '192.168.0.41', pod: { name: 'static-node-1', uid: 'feedc0de' } });
      expect((await explain('192.168.0.41')).stdout).toMatch(/ok {4}holder +Pod default\/static-node-1 lives/u);
    });
  });

  describe('of a pool says', () => {
    it('how full it is, who holds the most, and which holders are gone', async () => {
      await applyPool(admin, { name: 'busy', ranges: ['10.9.0.10-10.9.0.19'], gateway: '10.9.0.1' });
      const uid = await makeAskingPod(admin, 'web-0', { phase: 'Running' });
      await hold(admin, { pool: 'busy', address: '10.9.0.10', pod: { name: 'web-0', uid } });
      for (const last of [11, 12]) {
        await hold(admin, {
          pool: 'busy',
          address: `10.9.0.${last}`,
          pod: { name: 'dead', uid: 'dead-uid' },
          node: 'node-9',
        });
      }
      const { code, stdout } = await explain('busy');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^IPPool busy: 1 to look at\n/u);
      expect(stdout).toMatch(/ok {4}addresses +10 in all, 3 held, 7 free; VLAN 0/u);
      expect(stdout).toMatch(
        /ok {4}holders +the most: Namespaces default 3; Nodes node-9 2, node-1 1; Pods default\/dead 2, default\/web-0 1/u,
      );
      expect(stdout).toMatch(
        /warn {2}dead holders +2 of the addresses are held for Pods that are gone: 10\.9\.0\.11, 10\.9\.0\.12\n +-> .*antrea explain 10\.9\.0\.11/u,
      );
    });

    it('that it is full, or being deleted', async () => {
      expect((await explain('pool/full')).stdout).toMatch(
        /FAIL {2}addresses +1 in all, 1 held, 0 free; VLAN 0: exhausted/u,
      );
      await applyPool(admin, { name: 'leaving', ranges: ['10.10.0.10-10.10.0.19'], gateway: '10.10.0.1' });
      const path = `${poolPath('v1beta1')}/leaving`;
      accepted(await admin.patch(path, { metadata: { finalizers: ['crd.antrea.io/ipallocations'] } }));
      accepted(await admin.remove(path));
      expect((await explain('leaving')).stdout).toMatch(
        /FAIL {2}deletion +is being deleted: .* the controller lets it go\n +-> antrea ippool delete leaving/u,
      );
    });

    it('for machines what it says for people', async () => {
      const { stdout, stderr } = await explain('pool/full', '-o', 'json');
      expect(stderr).toMatch(/^store: the cluster of .*, context me@test\n$/u);
      const report = parsed(stdout);
      expect(report).toMatchObject({
        subject: { kind: 'IPPool', name: 'full' },
        holders: [{ spec: { address: '192.168.0.30' } }],
      });
      const findings = isObject(report) ? objectsIn(report['findings']) : [];
      expect(findings[0]).toMatchObject({
        name: 'addresses',
        state: 'fail',
        advice: expect.stringContaining('add a range') as unknown,
      });
    });
  });

  describe('ends with', () => {
    it.each([
      [['nobody'], 3, 'there is no Pod nobody in Namespace default'],
      [['-n', 'team', 'web-0'], 3, 'there is no Pod web-0 in Namespace team'],
    ])('exit code of %j: %i', async (words, exit, text) => {
      const { code, stdout } = await explain(...words);
      expect(stdout).toContain(text);
      expect(code).toBe(exit);
    });

    it('3 for a pool that is not there, 2 for what names nothing, 1 for what names two things', async () => {
      expect(await explain('pool/none')).toMatchObject({ code: 3, stdout: '' });
      expect(await explain('A b')).toMatchObject({ code: 2, stdout: '' });
      await makeAskingPod(admin, 'full', {});
      const { code, stderr } = await explain('full');
      expect(code).toBe(1);
      expect(stderr).toContain('error: full is a pool and a Pod: expected pool/full or pod/full');
    });

    it('what the plugin of a Node may see, where the Node file names the cluster', async () => {
      const { cluster, me } = bed;
      const kubeconfig = cluster.kubeconfig({ token: await makeRoleToken(admin, 'plugin', 'node-1') });
      const nodeFile = me.write('node.json', JSON.stringify({ kubeconfig, nodeName: 'node-1' }));
      await define(admin, 'seen', vlanNetwork('full'));
      await makeAskingPod(admin, 'seen', { networks: 'seen' });
      const { code, stdout, stderr } = await explain('default/seen', '--node-config', nodeFile);
      expect(stderr).toBe(`store: the cluster of ${kubeconfig}\n`);
      expect(code).toBe(0);
      expect(stdout).toMatch(/FAIL {2}network default\/seen +pool full is exhausted/u);
      expect(stdout).toMatch(/ok {4}events +cannot be read: .*cannot list resource "events"/u);
    });

    it('4 where the API server refuses to say, and does not guess', async () => {
      const { cluster, me } = bed;
      const token = await tokenWithRights(cluster, [
        { apiGroups: ['crd.antrea.io'], resources: ['ippools', 'ipallocations'], verbs: ['get', 'list'] },
      ]);
      const kubeconfig = me.write('poor', yamlKubeconfig(cluster, { token }));
      const pod = await explain('pod/web-0', '--kubeconfig', kubeconfig);
      expect(pod).toMatchObject({ code: 4, stdout: '' });
      expect(pod.stderr).toMatch(
        /cannot get resource "pods".*\n {2}tried \d times\n {2}who that is: kubectl auth whoami/u,
      );
      const { code, stdout } = await explain('192.168.0.30', '--kubeconfig', kubeconfig);
      expect(code).toBe(0);
      expect(stdout).toMatch(/warn {2}holder +whether it lives cannot be told: .*cannot get resource "pods"/u);
      const pool = await explain('full', '--kubeconfig', kubeconfig);
      expect(pool.stdout).toMatch(/^IPPool full: /u);
      expect(pool.code).toBe(0);
    });
  });
});

function gone(name: string, node: string) {
  return { pool: 'free', pod: { name, uid: `${name}-uid` }, node };
}
