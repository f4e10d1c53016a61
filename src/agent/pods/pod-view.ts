import { networksAnnotation, parseNetworks } from '../../multinet/annotation.ts';
import { networkStatusAnnotation, parseNetworkStatus } from '../../multinet/network-status.ts';
import { versionOf, type Versioned } from '../../kube/watch/kept.ts';
import type { CollectionOptions } from '../../kube/watch/watch.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

/** Of the Pods of a Node, those that run, in a network namespace of their own: what they are, their metadata tells. */
export function podsOf(
  node: string,
): Pick<CollectionOptions<PodView>, 'path' | 'fieldSelector' | 'metadataOnly' | 'read'> {
  const fieldSelector = `spec.nodeName=${node},spec.hostNetwork=false,status.phase=Running`;
  return { path: '/api/v1/pods', fieldSelector, metadataOnly: true, read: readPodView };
}

/** A Pod that runs, as far as its secondary networks go. */
export interface PodView extends Versioned {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Of a static Pod, the UID that kubectl looks for; else empty. */
  readonly mirrored: string;
  /** The annotation; empty when there is none. */
  readonly networks: string;
  /** `namespace/name` of all networks that network-status names. */
  readonly reported: readonly string[];
  readonly isEnding: boolean;
}

export function readPodView(object: JsonObject): PodView {
  const metadata = sectionOf(object, 'metadata');
  const annotations = sectionOf(metadata, 'annotations');
  const status = parseNetworkStatus(textOf(annotations, networkStatusAnnotation)) ?? [];
  return {
    namespace: textOf(metadata, 'namespace'),
    name: textOf(metadata, 'name'),
    uid: textOf(metadata, 'uid'),
    version: versionOf(object),
    mirrored: textOf(annotations, 'kubernetes.io/config.mirror'),
    networks: textOf(annotations, networksAnnotation),
    reported: status.map(({ name }) => name),
    isEnding: metadata['deletionTimestamp'] !== undefined,
  };
}

/** `namespace/name` of what an annotation asks for; itself when it cannot be read. */
export function askedFor(annotation: string, namespace: string): readonly string[] {
  return selectionsOf(annotation, namespace)?.map((one) => `${one.namespace}/${one.name}`) ?? [annotation];
}

/** Whether both ask for the same, however they are written. */
export function askTheSame(annotation: string, other: string, namespace: string): boolean {
  const [one, two] = [annotation, other].map((text) => selectionsOf(text, namespace) ?? text);
  return JSON.stringify(one) === JSON.stringify(two);
}

function selectionsOf(annotation: string, namespace: string): ReturnType<typeof parseNetworks> | undefined {
  try {
    return parseNetworks(annotation, namespace);
  } catch {
    return undefined;
  }
}

function sectionOf(object: JsonObject, key: string): JsonObject {
  const section = object[key];
  return isJsonObject(section) ? section : {};
}

function textOf(object: JsonObject, key: string): string {
  const text = object[key];
  return typeof text === 'string' ? text : '';
}
