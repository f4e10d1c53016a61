import { isOwner } from '../../controller/pod-identity.ts';
import type { Owner } from '../../ipam/store.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { sectionOf, textIn } from './lookup.ts';

/** As much of a Pod as tells why it has an address, or none. */
export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** See PodIdentity. */
  readonly staticUID: string;
  /** Empty while it is not scheduled. */
  readonly node: string;
  readonly phase: string;
  readonly hostNetwork: boolean;
  readonly annotations: JsonObject;
}

export function readPodFacts(object: JsonObject): PodFacts {
  const metadata = sectionOf(object, 'metadata');
  const annotations = sectionOf(metadata, 'annotations');
  const spec = sectionOf(object, 'spec');
  return {
    namespace: textIn(metadata, 'namespace'),
    name: textIn(metadata, 'name'),
    uid: textIn(metadata, 'uid'),
    staticUID: textIn(annotations, 'kubernetes.io/config.hash'),
    node: textIn(spec, 'nodeName'),
    phase: textIn(sectionOf(object, 'status'), 'phase'),
    hostNetwork: spec['hostNetwork'] === true,
    annotations,
  };
}

/** Whether this very Pod is the owner; an owner without a UID is known by its name alone. */
export function isThisPod(facts: PodFacts, { pod }: Owner): boolean {
  return pod.uid === '' ? hasName(facts, pod) : isOwner(facts, pod);
}

export function hasName(facts: Pick<PodFacts, 'namespace' | 'name'>, pod: Owner['pod']): boolean {
  return facts.namespace === pod.namespace && facts.name === pod.name;
}
