import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeToken } from '../../cluster/objects.ts';
import { startDaemon } from '../../fixture/daemon.ts';
import { createResources } from '../../fixture/resources.ts';
import { antreaExecutable } from '../../fixture/runtime.ts';
import { until } from '../../fixture/until.ts';
import type { CapsuleDaemon } from './capsule.ts';
import type { RealNode } from './node.ts';

/** This project on a Node, and its controller, with the rights of `deploy/rbac.yaml` and no others. */
export interface Antrea {
  readonly agent: CapsuleDaemon;
  /** Starts it, if it is not running, and waits until it is ready. */
  readonly startAgent: () => Promise<void>;
  /** Ends agent and controller. */
  readonly stop: () => Promise<void>;
}

const listen = '127.0.0.1:10351';

export const bridge = 'br-secondary';

/**
 * The agent makes the bridge, and installs the rest.
 * @param nodeFile what the Node file has before
 */
export async function installAntrea(node: RealNode, nodeFile: object): Promise<Antrea> {
  const { capsule } = node;
  const resources = createResources();
  try {
    resources.defer(await startController(node));
    writeFileSync(join(capsule.hostPath('/etc/antrea'), 'antrea-agent.conf'), JSON.stringify(configuration(node)));
    const ownFolder = capsule.hostPath('/etc/cni/net.d/antrea.d');
    mkdirSync(ownFolder);
    writeFileSync(join(ownFolder, 'node.json'), JSON.stringify(nodeFile));
    const kubeconfig = await kubeconfigOf(node, 'agent');
    const agent = capsule.start({
      argv: [antreaExecutable(), 'agent', '--kubeconfig', kubeconfig, '--listen', listen],
      log: 'agent.log',
    });
    resources.defer(() => agent.end('SIGKILL'));
    await agentReady(node, agent);
    const startAgent = async (): Promise<void> => {
      agent.start();
      await agentReady(node, agent);
    };
    return { agent, startAgent, stop: resources.release };
  } catch (error) {
    await resources.release();
    throw error;
  }
}

/** There is no Open vSwitch in most kernels that tests run on. */
function configuration({ nodeName }: RealNode): object {
  return {
    featureGates: { AntreaIPAM: true, SecondaryNetwork: true },
    secondaryNetwork: { ovsBridges: [{ bridgeName: bridge }], datapathType: 'netdev' },
    install: {},
    nodeName,
  };
}

async function agentReady({ capsule }: RealNode, agent: CapsuleDaemon): Promise<void> {
  const ready = async (): Promise<boolean> => {
    if (!agent.running()) throw new Error(`the agent has ended: ${agent.output().slice(-4000)}`);
    const { stdout } = await capsule.run(['curl', '-s', '--max-time', '2', `http://${listen}/readyz`]);
    return stdout.trim() === 'ok';
  };
  await until(ready, { what: 'a ready agent', timeoutMs: 180_000, everyMs: 100 });
}

/** On this machine: it may be anywhere in the cluster. */
async function startController(node: RealNode): Promise<() => Promise<void>> {
  const { cluster } = node;
  const kubeconfig = await kubeconfigOf(node, 'controller', cluster.server);
  const controller = startDaemon({
    argv: [antreaExecutable(), 'controller', '--kubeconfig', kubeconfig, '--listen', '127.0.0.1:0'],
    outputFile: join(cluster.dir, 'controller.out'),
  });
  return controller.kill;
}

/** Bound to the Node, as that of a Pod there would be. */
async function kubeconfigOf({ cluster, nodeName, server }: RealNode, role: string, to = server): Promise<string> {
  const account = { namespace: 'antrea-cni', serviceAccount: role, node: nodeName, expirationSeconds: 36_000 };
  return cluster.kubeconfig({ token: await makeToken(cluster.admin, account) }, { server: to });
}
