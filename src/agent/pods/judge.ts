import type { PodEvent } from '../../kube/pod-event.ts';
import { networksAnnotation } from '../../multinet/annotation.ts';
import type { SandboxRecord } from '../../system/sandboxes.ts';
import { askedFor, askTheSame, type PodView } from './pod-view.ts';

export interface Known {
  /** What the plugin has attached on this Node, and is about to. */
  readonly records: readonly SandboxRecord[];
  /** The annotation of a Pod, by its UID, when it was first seen to run. */
  readonly first: ReadonlyMap<string, string>;
  /** Namespaces whose Pods get no secondary networks. */
  readonly skipNamespaces: readonly string[];
}

export interface Judgement {
  /** Whether it lacks networks that it asks for. */
  readonly isBare: boolean;
  /** What is to be said on the Pod, once. */
  readonly event?: PodEvent;
}

/** Whether a Pod has the networks that its annotation asks for now. */
export function judgePod(pod: PodView, known: Known): Judgement {
  if (pod.isEnding || known.skipNamespaces.includes(pod.namespace)) return fine;
  const records = known.records.filter((record) => isOf(record, pod));
  const [record] = records;
  if (record !== undefined) {
    // A sandbox that is about to go may have had others.
    const isSame = records.some(({ networks = '' }) => askTheSame(networks, pod.networks, pod.namespace));
    return isSame ? fine : { isBare: false, event: changed(pod, record) };
  }
  const wanted = askedFor(pod.networks, pod.namespace);
  // Where network-status names them, another one, Multus say, has attached them.
  const missing = wanted.filter((network) => !pod.reported.includes(network));
  if (missing.length === 0) return fine;
  const first = known.first.get(pod.uid) ?? pod.networks;
  const isNew = !askTheSame(first, pod.networks, pod.namespace);
  return { isBare: true, event: isNew ? changed(pod) : bare(missing) };
}

const fine: Judgement = { isBare: false };

/** A static Pod's object can be made anew while it runs. */
function isOf({ pod }: SandboxRecord, { namespace, name, uid, mirrored }: PodView): boolean {
  return pod.uid === uid || (mirrored !== '' && pod.namespace === namespace && pod.name === name);
}

function bare(missing: readonly string[]): PodEvent {
  return {
    type: 'Warning',
    reason: 'RunsWithoutItsNetworks',
    once: true,
    message: `runs without ${listed(missing)}: it was started when antrea was not called for Pods of this Node, or got the annotation later. Recreate the Pod`,
  };
}

function changed(pod: PodView, record?: SandboxRecord): PodEvent {
  const has = (record?.attachments ?? []).map(({ nad, ifname }) => `${ifname} (${nad})`);
  return {
    type: 'Warning',
    reason: 'NetworksChangedAfterStart',
    message: `the annotation ${networksAnnotation} was changed, which changes nothing: networks are attached when a Pod starts, and this one keeps ${has.length === 0 ? 'none' : listed(has)}. Recreate the Pod`,
    key: pod.networks,
    once: true,
  };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => (name.length > 80 ? `${name.slice(0, 80)}…` : name));
  return shown.join(', ') + (names.length > shown.length ? `, and ${names.length - shown.length} more` : '');
}
