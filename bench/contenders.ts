import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JsonObject } from '../test/fixture/json.ts';
import { antreaExecutable, debianPlugins } from '../test/fixture/runtime.ts';
import type { Call } from './launcher.ts';
import type { Stage } from './stage.ts';

/** A plugin with the configuration that it is measured with. */
export interface Contender {
  readonly name: string;
  readonly executable: string;
  readonly config: JsonObject;
  /** Instead of, and besides, what every call gets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Attachments of its own: whoever looks at Pods needs some that exist. */
  readonly makeAttachments?: (count: number) => readonly Attachment[];
  /** Its answer does not tell the addresses that Pods get. */
  readonly silent?: boolean;
}

export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/** One interface of one sandbox. */
export interface Attachment {
  readonly containerId: string;
  readonly netns: string;
  readonly ifname: string;
  /** Default: one that nobody knows. */
  readonly pod?: { readonly name: string; readonly uid: string };
}

/** What a container runtime's environment has: no developer's folders to be searched in vain. */
export const runtimePath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const antrea = 'antrea (vlan, file store)';
export const tuned = 'ovs-cni tuned + host-local';

/** All that can be measured on this machine, antrea first; and what cannot, with the reason. */
export function findContenders(stage: Stage): { contenders: readonly Contender[]; skipped: readonly Skipped[] } {
  const peers = process.env['PEERS_DIR'];
  const ovsCni = peers === undefined ? undefined : join(peers, 'ovs');
  const all = [
    antreaWith(stage, 'bench'),
    ovsCniWith(stage, { name: 'ovs-cni + host-local', executable: ovsCni ?? 'ovs', extra: {} }),
    ovsCniWith(stage, {
      name: tuned,
      executable: ovsCni ?? 'ovs',
      extra: { link_state_check_interval: 10, link_state_check_retries: 500 },
    }),
    debian(stage, 'bridge', { bridge: 'cni-bench' }),
    debian(stage, 'macvlan', { master: stage.macvlanMaster, mode: 'bridge' }),
  ];
  const skipped = all.flatMap((contender) => skipOf(contender, peers));
  return { contenders: all.filter((one) => !skipped.some((skip) => skip.name === one.name)), skipped };
}

/** This executable on VLAN 100 with the pool of that name. */
export function antreaWith(stage: Stage, pool: string): Contender {
  const ipam = { type: 'antrea', ippools: [pool] };
  const config = { type: 'antrea', networkType: 'vlan', bridge: stage.node.bridge, vlan: 100, ipam };
  return { name: antrea, executable: antreaExecutable(), config };
}

/** The call that a container runtime would make. DEL gets the result of ADD. */
export function pluginCall(
  command: 'ADD' | 'DEL',
  options: { contender: Contender; attachment: Attachment; stage: Stage; prevResult?: unknown },
): Call {
  const { contender, attachment, stage, prevResult } = options;
  const config = {
    cniVersion: '1.0.0',
    name: 'bench',
    ...contender.config,
    ...(prevResult !== undefined && { prevResult }),
  };
  return {
    argv: [contender.executable],
    env: {
      PATH: runtimePath,
      ...stage.node.env,
      ...contender.env,
      CNI_COMMAND: command,
      CNI_CONTAINERID: attachment.containerId,
      CNI_NETNS: attachment.netns,
      CNI_IFNAME: attachment.ifname,
      CNI_PATH: [dirname(contender.executable), debianPlugins].join(':'),
      CNI_ARGS: podArgs(attachment),
    },
    stdin: JSON.stringify(config),
  };
}

function podArgs({ containerId, pod }: Attachment): string {
  const name = pod?.name ?? `pod-${containerId.slice(0, 12)}`;
  const uid = pod === undefined ? '' : `;K8S_POD_UID=${pod.uid}`;
  return `IgnoreUnknown=1;K8S_POD_NAMESPACE=bench;K8S_POD_NAME=${name}${uid};K8S_POD_INFRA_CONTAINER_ID=${containerId}`;
}

function ovsCniWith(stage: Stage, options: { name: string; executable: string; extra: JsonObject }): Contender {
  const { name, executable, extra } = options;
  const base = { type: 'ovs', bridge: stage.node.bridge, vlan: 100, socket_file: stage.node.ovs.socket };
  return { name, executable, config: { ...base, ...extra, ipam: hostLocal(stage, name) } };
}

function debian(stage: Stage, plugin: string, extra: JsonObject): Contender {
  const name = `${plugin} + host-local`;
  const config = { type: plugin, ...extra, ipam: hostLocal(stage, plugin) };
  return { name, executable: join(debianPlugins, plugin), config };
}

/** Each with addresses of its own, on the same file system as our store. */
function hostLocal(stage: Stage, name: string): JsonObject {
  const dataDir = join(stage.node.dir, 'host-local', name.replaceAll(/\W+/gu, '-'));
  return { type: 'host-local', dataDir, ranges: [[{ subnet: '10.240.0.0/16' }]] };
}

export function skipOf(contender: Contender, peers: string | undefined): readonly Skipped[] {
  const { name, executable } = contender;
  if (executable === 'ovs') return [{ name, reason: 'PEERS_DIR is not set: the folder with the peers’ executables' }];
  if (existsSync(executable)) return [];
  const hint = peers !== undefined && executable.startsWith(peers) ? ' (PEERS_DIR)' : '';
  return [{ name, reason: `${executable} is not there${hint}` }];
}
