import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../../cluster/cluster.ts';
import { makeNamespace, makePod } from '../../../cluster/objects.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { run } from '../../../fixture/command.ts';
import { addNetns } from '../../../fixture/netns.ts';
import { createResources } from '../../../fixture/resources.ts';
import { antreaExecutable, createRuntime, makeContainerId } from '../../../fixture/runtime.ts';
import { uniqueName } from '../../../fixture/unique.ts';
import { addMachine, startInstallCluster, type Machine } from './bed.ts';

const tools = await findClusterTools();
const executable = antreaExecutable();

describe.skipIf(tools.dir === undefined || !existsSync(executable))('the executable itself', () => {
  const resources = createResources();
  let cluster: Cluster;
  let machine: Machine;
  beforeAll(async () => {
    cluster = await resources.use(startInstallCluster());
    machine = await resources.use(addMachine(cluster));
  });
  afterAll(resources.release);

  /** As a person does it: the program that runs is the one that is installed. */
  async function install(program: string, ...words: readonly string[]) {
    const at = [`--cni-bin-dir=${machine.bin}`, `--cni-conf-dir=${machine.confDir}`, `--node-name=${machine.node}`];
    return run([program, 'install', ...at, `--kubeconfig=${machine.kubeconfig}`, ...words], { env: machine.env });
  }

  it('installs itself, is ready when it is asked, and is installed again by the installed one', async () => {
    expect(await install(executable)).toMatchObject({ code: 0, stderr: '' });
    const installed = machine.path('bin/antrea');
    expect(statSync(installed).size).toBe(statSync(executable).size);
    expect(machine.files()).toContain('net.d/00-antrea-cni.conflist');
    const again = await install(installed);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain(`unchanged: ${installed}`);
  });

  it('lets a Pod without networks start by what was installed: the result of the primary network is the result', async () => {
    const namespace = uniqueName('team-');
    await makeNamespace(cluster.admin, namespace);
    await makePod(cluster.admin, { namespace, name: 'plain', node: machine.node });
    const netns = await resources.use(addNetns());
    const runtime = createRuntime({ executable: machine.path('bin/antrea'), env: machine.env });
    const prevResult = { cniVersion: '1.0.0', interfaces: [{ name: 'eth0', sandbox: netns.path }] };
    const attachment = {
      config: { cniVersion: '1.0.0', name: 'pods', type: 'antrea', networkType: 'secondary' },
      containerId: makeContainerId(),
      netns: netns.path,
      ifname: 'eth0',
      args: { IgnoreUnknown: '1', K8S_POD_NAMESPACE: namespace, K8S_POD_NAME: 'plain' },
      prevResult,
    };
    const added = await runtime.add(attachment);
    expect(added).toMatchObject({ code: 0, json: { interfaces: [{ name: 'eth0' }] } });
    expect(await runtime.del(attachment)).toMatchObject({ code: 0 });
  });

  it('replaces an older version of itself, and takes itself away at last', async () => {
    const installed = machine.path('bin/antrea');
    const older = Buffer.concat([readFileSync(installed), Buffer.from('older')]);
    writeFileSync(`${installed}.older`, older, { mode: 0o755 });
    expect((await run(['mv', `${installed}.older`, installed])).code).toBe(0);
    expect((await install(executable)).stdout).toContain(`replaced: ${installed}`);
    expect(await install(installed, '--uninstall')).toMatchObject({ code: 0, stderr: '' });
    expect(machine.files()).toEqual(['net.d/10-primary.conflist']);
  });
});
