import fs from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { readClaims } from '../../../../src/agent/install/token.ts';
import { readKubeconfig } from '../../../../src/kube/kubeconfig.ts';
import { files } from '../../../../src/system/files.ts';
import { allocation } from '../../../cluster/allocations.ts';
import type { Cluster } from '../../../cluster/cluster.ts';
import { allocationPath } from '../../../cluster/pools.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { until } from '../../../fixture/until.ts';
import { addMachine, primary, removeNode, startInstallCluster, type Machine } from './bed.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('antrea install', () => {
  let cluster: Cluster;
  let machine: Machine;
  beforeAll(async () => {
    cluster = await startInstallCluster();
  });
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    machine = await addMachine(cluster);
  });
  afterEach(() => machine.remove());

  const everything = [
    'bin/antrea',
    'net.d/00-antrea-cni.conflist',
    'net.d/10-primary.conflist',
    'net.d/antrea.d/install.json',
    'net.d/antrea.d/kubeconfig.json',
    'net.d/antrea.d/node.json',
    'net.d/antrea.d/token',
  ];
  const token = (): string => machine.text('net.d/antrea.d/token');

  it('puts everything in its place, says so, and finds nothing more to do', async () => {
    const { code, stdout, stderr } = await machine.install();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(machine.files()).toEqual(everything);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(machine.dir, '')),
    ).toEqual([
      expect.stringMatching(/^written: .*\/token: a token for Node \S+, valid until 20\S+Z$/),
      'written: /net.d/antrea.d/kubeconfig.json',
      'written: /net.d/antrea.d/node.json: store, kubeconfig and nodeName; what else is there stays',
      'installed: /bin/antrea',
      'written: /net.d/00-antrea-cni.conflist: 10-primary.conflist, and antrea after it',
    ]);
    expect(machine.json('net.d/00-antrea-cni.conflist')).toMatchObject({
      ...primary,
      plugins: [...primary.plugins, { type: 'antrea', networkType: 'secondary' }],
    });
    for (const secret of ['token', 'kubeconfig.json'])
      expect(fs.statSync(machine.path(`net.d/antrea.d/${secret}`)).mode & 0o777).toBe(0o600);
    const again = await machine.install();
    expect(again.stdout.match(/^unchanged/gm)).toHaveLength(4);
    expect(machine.files()).toEqual(everything);
  });

  it('gives the plugin a token of its Node, with which it can do what it has to', async () => {
    await machine.install();
    const access = readKubeconfig(files, machine.path('net.d/antrea.d/kubeconfig.json'));
    expect(access.token()).toBe(token());
    expect(readClaims(token())).toMatchObject({ nodeName: machine.node });
    const plugin = cluster.withToken(token());
    const mine = allocation({ address: '10.0.0.1', node: machine.node });
    expect(await plugin.post(allocationPath, mine)).toMatchObject({ message: '' });
    expect(await plugin.remove(`${allocationPath}/vlan100.10.0.0.1`)).toMatchObject({ message: '' });
    const foreign = allocation({ address: '10.0.0.2', node: 'another' });
    expect(await plugin.post(allocationPath, foreign)).toMatchObject({ status: 403 });
    expect(await plugin.get('/api/v1/secrets')).toMatchObject({ status: 403 });
  });

  it('gives a token that ends with the Node', async () => {
    await machine.install();
    const plugin = cluster.withToken(token());
    expect(await plugin.get('/apis/crd.antrea.io/v1beta1/ippools/a')).toMatchObject({ status: 404 });
    await removeNode(cluster, machine.node);
    await until(async () => (await plugin.get('/apis/crd.antrea.io/v1beta1/ippools/a')).status === 401, {
      what: 'the end of the token',
      everyMs: 100,
    });
  });

  it('--watch keeps the conflist, until SIGTERM', async () => {
    const watch = machine.watch();
    await until(() => watch.logged().includes('"msg":"watching"'), { what: 'the watch' });
    fs.rmSync(machine.path('net.d/10-primary.conflist'));
    await until(() => !machine.files().includes('net.d/00-antrea-cni.conflist'), { what: 'no conflist' });
    const other = { cniVersion: '1.0.0', name: 'b', type: 'b' };
    fs.writeFileSync(machine.path('net.d/20-other.conf'), JSON.stringify(other));
    await until(() => machine.files().includes('net.d/00-antrea-cni.conflist'), { what: 'a conflist' });
    expect(machine.json('net.d/00-antrea-cni.conflist')).toMatchObject({ name: 'b' });
    expect(await watch.stop()).toBe(0);
    expect(machine.files()).toContain('net.d/00-antrea-cni.conflist');
  });

  it('asks the plugin first, and leaves the network of the Node as it is where that is not ready', async () => {
    const broken = await addMachine(
      cluster,
      '#!/bin/sh\necho \'{"code": 7, "msg": "the key bridge is missing"}\'; exit 1\n',
    );
    const { code, stderr } = await broken.install();
    expect(code).toBe(1);
    expect(stderr).toContain('the plugin could start no Pod on this Node, so it is not put in place: the key bridge');
    expect(broken.files()).toEqual(everything.filter((name) => !/bin|00-antrea/.test(name)));
    await broken.remove();
  });

  it('asks the next version before it replaces one that works', async () => {
    await machine.install();
    const working = machine.text('bin/antrea');
    fs.writeFileSync(machine.path('plugin'), '#!/bin/sh\necho broken >&2; exit 1\n');
    const { code, stderr } = await machine.install();
    expect(code).toBe(1);
    expect(stderr).toContain('not put in place: broken');
    expect(machine.text('bin/antrea')).toBe(working);
  });

  it('for Multus: everything but a place in the list, and takes away the one of before', async () => {
    await machine.install();
    const { stdout } = await machine.install('--mode', 'multus');
    expect(stdout).toMatch(/removed: .*00-antrea-cni.conflist: Multus calls the plugin/);
    expect(machine.files()).toEqual(everything.filter((name) => !name.includes('00-antrea')));
  });

  it.each<[string, (path: Machine['path']) => void, number, string]>([
    ['Multus', (path) => fs.writeFileSync(path('net.d/00-multus.conf'), '{"type":"multus"}'), 4, '--mode multus'],
    ['a foreign antrea', (path) => writeBelow(path, 'bin/antrea', 'x'), 4, '--plugin-name'],
    ['a broken Node file', (path) => writeBelow(path, 'net.d/antrea.d/node.json', '{'), 1, 'Node file '],
    ['a store in files', (path) => writeBelow(path, 'net.d/antrea.d/node.json', '{"store":"file"}'), 4, 'ippool apply'],
    ['a broken primary', (path) => fs.writeFileSync(path('net.d/10-primary.conflist'), ''), 1, '10-primary.conflist'],
  ])('beside %s, refuses before it does anything', async (_what, ...[prepare, expected, message]) => {
    prepare(machine.path);
    const before = machine.files();
    const { code, stderr } = await machine.install();
    expect(stderr).toContain(message);
    expect({ code, files: machine.files() }).toEqual({ code: expected, files: before });
  });

  it.each([
    [['--node-name', 'nobody'], 3, 'the cluster has no Node nobody: expected the name of this one as --node-name'],
    [['--plugin-name', '../x'], 2, 'such as antrea-vlan'],
    [['--mode', 'both'], 2, 'is invalid. Allowed choices are native, multus'],
    [['--kubeconfig', '/nonexistent'], 1, 'the kubeconfig /nonexistent cannot be read'],
    [['--watch', '--dry-run'], 2, 'cannot be used with'],
  ])('refuses %j before it does anything', async (words, expected, message) => {
    const { code, stderr } = await machine.install(...words);
    expect(stderr).toContain(message);
    expect({ code, files: machine.files() }).toEqual({ code: expected, files: ['net.d/10-primary.conflist'] });
  });

  it('--dry-run says what it would do, and does nothing', async () => {
    const { code, stdout } = await machine.install('--dry-run');
    expect(code).toBe(0);
    expect(stdout.match(/^would /gm)).toHaveLength(5);
    expect(machine.files()).toEqual(['net.d/10-primary.conflist']);
  });

  it('--uninstall takes away what was installed, and nothing else', async () => {
    writeBelow(machine.path, 'net.d/antrea.d/node.json', '{"mtu": 9000}');
    await machine.install();
    fs.writeFileSync(machine.path('bin/bridge'), 'x');
    const { code } = await machine.install('--uninstall');
    expect(code).toBe(0);
    expect(machine.files()).toEqual(['bin/bridge', 'net.d/10-primary.conflist', 'net.d/antrea.d/node.json']);
    expect(machine.json('net.d/antrea.d/node.json')).toEqual({ mtu: 9000 });
    expect(await machine.install('--uninstall')).toMatchObject({ code: 0 });
    expect(machine.files()).toEqual(['bin/bridge', 'net.d/10-primary.conflist', 'net.d/antrea.d/node.json']);
  });
});

function writeBelow(path: Machine['path'], name: string, text: string): void {
  fs.mkdirSync(dirname(path(name)), { recursive: true });
  fs.writeFileSync(path(name), text);
}
