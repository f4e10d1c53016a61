import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileStore } from '../../../src/ipam/file/store.ts';
import { files } from '../../../src/system/files.ts';
import { fileJournal } from '../../../src/system/journal.ts';
import { startDaemon, type Daemon } from '../../fixture/daemon.ts';
import { isObject, parseJson } from '../../fixture/json.ts';
import type { TestNode } from '../../fixture/node.ts';
import { ipsOf, type Outcome } from '../../fixture/outcome.ts';
import { createResources } from '../../fixture/resources.ts';
import { antreaCommand } from '../../fixture/program.ts';
import { createRuntime, type Runtime } from '../../fixture/runtime.ts';
import { until } from '../../fixture/until.ts';
import { attachment, hostInterfaceOf, ipam, network, startBed, type Bed, type Pod } from '../bed.ts';

/** A Node with attachments, and an agent that cleans up after sandboxes: by a time limit of 1 s for each call. */
export interface CleanupBed extends Bed {
  /** Attaches a new Pod to VLAN 100, with an address of pool `a`. */
  readonly attach: () => Promise<Attached>;
  readonly startAgent: () => Daemon;
  readonly agentLog: () => string;
  /** When the agent says to have cleaned up after the Pod: milliseconds since 1970. */
  readonly cleanedAt: (pod: Pod) => Promise<number>;
  /** Value of a metric of the agent, written as Prometheus reads it: `name{label="value"}`. */
  readonly metric: (name: string) => Promise<number | undefined>;
  /** Waits until it has that value: it follows what it counts. */
  readonly untilMetric: (name: string, value: number) => Promise<void>;
  /** Whether there is an entry of the journal, a port, a link or an address of the sandbox. */
  readonly isLeft: (pod: Pod) => Promise<boolean>;
  readonly untilCleaned: (...pods: readonly Pod[]) => Promise<void>;
}

export interface Attached extends Pod {
  /** Its address. */
  readonly address: string;
  readonly hostInterface: string;
}

/** Sandboxes that are gone are cleaned up after 2 s, and after 10 s where there is a doubt. */
const timeoutSeconds = 1;
export const longerTime = 10_000;
const listen = '127.0.0.1:10351';

/** @param socket of a container runtime; undefined: there is none */
export async function startCleanupBed(socket?: string): Promise<CleanupBed> {
  const resources = createResources();
  const bed = await resources.use(startBed());
  await bed.applyPools({ name: 'a', ranges: ['10.10.1.0/24'], gateway: '10.10.1.1', prefixLength: 24 });
  const { node } = bed;
  const log = join(node.dir, 'agent.log');
  const patient = join(node.dir, 'patient.json');
  copyFileSync(node.nodeFile, patient);
  const runtime = createRuntime({ node, env: { ANTREA_NODE_CONFIG: patient } });
  const isLeft = async ({ containerId: containerID }: Pod): Promise<boolean> => {
    const owners = (await node.ovs.rows('Port', 'external_ids')).map((port) => port['external_ids']);
    const journal = fileJournal(files, node.dataDir).list();
    for await (const _ of createFileStore({ dataDir: node.dataDir }).find({ containerID })) return true;
    return (
      journal.some((entry) => entry.containerID === containerID) ||
      owners.some(
        (ids) => isObject(ids) && ids['antrea-cni'] === 'container' && JSON.stringify(ids).includes(containerID),
      )
    );
  };
  return {
    ...bed,
    isLeft,
    runtime,
    attach: async () => attachTo(runtime, await bed.pod()),
    startAgent: () => {
      const daemon = launchAgent(node, { socket });
      resources.defer(daemon.kill);
      return daemon;
    },
    agentLog: () => readFileSync(log, 'utf8'),
    cleanedAt: async (pod) => until(() => cleanedAt(readFileSync(log, 'utf8'), pod), { what: 'a line of the log' }),
    metric: (name) => metricOf(node, name),
    untilMetric: async (name, value) => {
      await until(async () => (await metricOf(node, name)) === value, { what: `${name} ${value}`, everyMs: 50 });
    },
    untilCleaned: async (...pods) => {
      for (const pod of pods) await until(async () => !(await isLeft(pod)), { what: 'a clean Node', everyMs: 100 });
    },
    stop: resources.release,
  };
}

function cleanedAt(log: string, { containerId }: Pod): number | undefined {
  const lines = log.split('\n').filter((line) => line.includes('cleaned up after a sandbox that is gone'));
  const line = lines.map(parseJson).find((one) => isObject(one) && one['containerID'] === containerId);
  return isObject(line) ? Number(line['time']) : undefined;
}

async function attachTo(runtime: Runtime, pod: Pod): Promise<Attached> {
  const outcome = await runtime.add(attachment(pod, network(ipam('a'))));
  return { ...pod, ...factsOf(outcome) };
}

function factsOf(outcome: Outcome): Pick<Attached, 'address' | 'hostInterface'> {
  return { address: ipsOf(outcome)[0] ?? '', hostInterface: hostInterfaceOf(outcome) };
}

export interface AgentChoice {
  /** Of a container runtime; undefined: there is none. */
  readonly socket: string | undefined;
  /** Of a cluster; undefined: there is none. */
  readonly kubeconfig?: string;
  /** Of the agent itself, where the plugin shall know it. */
  readonly agentSocket?: string;
}

/** Starts an agent with a limit of 1 s for what it calls. */
export function launchAgent(node: TestNode, { socket, kubeconfig, agentSocket }: AgentChoice): Daemon {
  const nodeFile = parseJson(readFileSync(node.nodeFile, 'utf8'));
  writeFileSync(node.nodeFile, JSON.stringify({ ...(isObject(nodeFile) && nodeFile), timeoutSeconds }));
  const settings = {
    featureGates: { AntreaIPAM: true },
    ovsdb: node.ovs.socket,
    dataDir: node.dataDir,
    agentSocket: agentSocket ?? join(node.dir, 'agent.sock'),
    nodeName: 'node-1',
    containerRuntimeEndpoint: socket ?? '/nowhere.sock',
  };
  const config = join(node.dir, 'agent.conf');
  writeFileSync(config, JSON.stringify(settings));
  const access = kubeconfig === undefined ? ['--no-cluster'] : ['--kubeconfig', kubeconfig];
  return startDaemon({
    argv: [...antreaCommand(), 'agent', '--config', config, ...access, '--listen', listen],
    prefix: node.netns.prefix,
    env: node.env,
    outputFile: join(node.dir, 'agent.log'),
  });
}

export async function metricOf({ netns }: TestNode, name: string): Promise<number | undefined> {
  const { stdout } = await netns.run(['curl', '-s', '--max-time', '20', `http://${listen}/metrics`]);
  const line = stdout.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}
