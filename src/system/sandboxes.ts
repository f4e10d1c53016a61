import type { Files } from './files.ts';
import { attachmentKey, type AttachmentID } from './attachment-id.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';
import { recordsIn, type Records } from './records.ts';

/**
 * What a Pod's sandbox has got besides its first interface, with all that DEL needs when Pod, network and API server
 * are gone. Written before each effect, gone after DEL.
 */
export interface SandboxRecord {
  readonly containerID: string;
  /** The Pod's first interface: with containerID, what the runtime calls the sandbox by. */
  readonly ifname: string;
  /** Name of the configuration that the runtime has. */
  readonly network: string;
  readonly netns: string;
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** The annotation that asked for the networks. */
  readonly networks?: string;
  /** False while ADD is under way; after a crash then, the last attachment may be half made. */
  readonly complete: boolean;
  /** In the order in which they were begun. */
  readonly attachments: readonly SandboxAttachment[];
}

export interface SandboxAttachment {
  /** `namespace/name` of the NetworkAttachmentDefinition. */
  readonly nad: string;
  readonly ifname: string;
  /** `vlan`: attached by ourselves; `delegates`: by the plugins, one after the other. */
  readonly kind: 'vlan' | 'delegates';
  /** CNI_ARGS. */
  readonly args: string;
  /** What each plugin got on stdin, without prevResult; at least one. */
  readonly plugins: readonly JsonObject[];
  /** What the last of them printed; absent until ADD was through. */
  readonly result?: JsonObject;
}

export type Sandboxes = Omit<Records<SandboxRecord>, 'tidy'>;

/** One file a sandbox, in `dataDir/sandboxes`. */
export function fileSandboxes(files: Files, dataDir: string): Sandboxes {
  const records = recordsIn({ files, folder: `${dataDir}/sandboxes`, isRecord });
  const remove = (id: AttachmentID): void => {
    records.remove(id);
    // No call works on it any more.
    records.tidy(attachmentKey(id));
  };
  return { ...records, remove };
}

function isRecord(value: unknown): value is SandboxRecord {
  if (!isJsonObject(value) || typeof value['complete'] !== 'boolean') return false;
  const { attachments, pod, networks } = value;
  const isNamed = hasTexts(value, ['containerID', 'ifname', 'network', 'netns']);
  return (
    isNamed &&
    isJsonObject(pod) &&
    hasTexts(pod, ['namespace', 'name', 'uid']) &&
    (networks === undefined || typeof networks === 'string') &&
    Array.isArray(attachments) &&
    attachments.every(isAttachment)
  );
}

function isAttachment(value: unknown): boolean {
  if (!isJsonObject(value) || !hasTexts(value, ['nad', 'ifname', 'kind', 'args'])) return false;
  const { kind, plugins, result } = value;
  if (kind !== 'vlan' && kind !== 'delegates') return false;
  const arePlugins = Array.isArray(plugins) && plugins.length > 0 && plugins.every(isJsonObject);
  return arePlugins && (result === undefined || isJsonObject(result));
}

function hasTexts(value: JsonObject, keys: readonly string[]): boolean {
  return keys.every((key) => typeof value[key] === 'string');
}
