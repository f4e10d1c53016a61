import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../../cluster/cluster.ts';
import { freePort } from '../../../cluster/ports.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { startDaemon, type Daemon } from '../../../fixture/daemon.ts';
import { addNetns, here } from '../../../fixture/netns.ts';
import { startOvs, type Ovs } from '../../../fixture/ovs.ts';
import { createResources } from '../../../fixture/resources.ts';
import { antreaCommand } from '../../../fixture/program.ts';
import { until } from '../../../fixture/until.ts';
import { addMachine, startInstallCluster, type Machine } from './bed.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('an agent that installs the plugin', () => {
  const resources = createResources();
  let cluster: Cluster;
  let machine: Machine;
  let ovs: Ovs;
  let port: number;
  let agent: Daemon;
  beforeAll(async () => {
    cluster = await resources.use(startInstallCluster());
    const added = await addMachine(cluster);
    resources.defer(added.remove);
    machine = added;
    ovs = await resources.use(startOvs(await resources.use(addNetns('agent-'))));
    port = await freePort();
    fs.mkdirSync(machine.path('net.d/antrea.d'));
    fs.writeFileSync(machine.nodeFile, JSON.stringify({ mtu: 9000, bridge: 'br-admin' }));
    configure('br-one');
    agent = startDaemon({
      argv: [
        ...antreaCommand(),
        'agent',
        `--config=${machine.path('agent.conf')}`,
        `--kubeconfig=${machine.kubeconfig}`,
        `--listen=127.0.0.1:${port}`,
      ],
      env: machine.env,
      outputFile: machine.path('agent.log'),
    });
    resources.defer(agent.kill);
  });
  afterAll(resources.release);

  function configure(bridgeName: string, install: object = {}, socket = 'run/agent.sock'): void {
    const { node, bin: cniBinDir, confDir: cniConfDir, path } = machine;
    const settings = {
      featureGates: { AntreaIPAM: true, SecondaryNetwork: true },
      secondaryNetwork: { ovsBridges: [{ bridgeName }], datapathType: 'netdev', allowedVLANs: ['100-199'] },
      ovsdb: ovs.socket,
      dataDir: path('data'),
      agentSocket: path(socket),
      nodeName: node,
      install: { cniBinDir, cniConfDir, executable: path('plugin'), ...install },
    };
    fs.writeFileSync(path('agent.conf'), JSON.stringify(settings));
  }

  async function readyz(): Promise<string> {
    const { stdout } = await here.run(['curl', '-s', '--max-time', '2', `http://127.0.0.1:${port}/readyz`]);
    return stdout.trim();
  }

  async function untilSaid(what: string): Promise<void> {
    await until(async () => (await readyz()).startsWith(what), { what, everyMs: 100 });
  }

  const nodeFile = (): unknown => machine.json('net.d/antrea.d/node.json');

  it('puts all of it there, and tells the plugin of its bridge', async () => {
    await untilSaid('ok');
    expect(machine.files()).toEqual(
      expect.arrayContaining(['bin/antrea', 'net.d/00-antrea-cni.conflist', 'net.d/antrea.d/token']),
    );
    const wanted = {
      bridge: 'br-one',
      allowedVLANs: ['100-199'],
      ovsdb: ovs.socket,
      dataDir: machine.path('data'),
      agentSocket: machine.path('run/agent.sock'),
    };
    await until(() => JSON.stringify(nodeFile()).includes('br-one'), { what: 'the bridge in the Node file' });
    expect(nodeFile()).toMatchObject({ mtu: 9000, store: 'kubernetes', nodeName: machine.node, ...wanted });
  });

  it('follows the configuration: another bridge, another name; and says what is in the way', async () => {
    configure('br-two', { pluginName: 'antrea-vlan' }, 'run/other.sock');
    await until(() => JSON.stringify(nodeFile()).includes('br-two'), { what: 'the other bridge' });
    expect(nodeFile()).toMatchObject({ agentSocket: machine.path('run/other.sock') });
    await until(() => machine.files().includes('bin/antrea-vlan'), { what: 'the other name' });
    // The list comes last.
    const isListed = (): boolean => machine.text('net.d/00-antrea-cni.conflist').includes('antrea-vlan');
    await until(isListed, { what: 'the other name in the list' });
    fs.writeFileSync(machine.path('net.d/05-multus.conf'), '{"type":"multus"}');
    configure('br-two');
    await untilSaid('installation: Multus attaches the networks of Pods on this Node: 05-multus.conf calls it');
    fs.rmSync(machine.path('net.d/05-multus.conf'));
    await untilSaid('ok');
  });

  it('puts nothing back that antrea install --uninstall takes away', async () => {
    expect(await machine.install('--uninstall')).toMatchObject({ code: 0 });
    expect(nodeFile()).toEqual({ mtu: 9000, bridge: 'br-admin' });
    process.kill(agent.pid() ?? 0, 'SIGTERM');
    await until(() => !agent.running(), { what: 'the end of the agent' });
    expect(agent.exitCode()).toBe(0);
    expect(machine.files().filter((name) => /^(?:bin|net\.d)\//.test(name))).toEqual([
      'net.d/10-primary.conflist',
      'net.d/antrea.d/node.json',
    ]);
  });
});
