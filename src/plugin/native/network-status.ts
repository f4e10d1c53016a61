import { parseResult } from '../../cni/result-parse.ts';
import type { CniResult } from '../../cni/result.ts';
import { metadataOnly } from '../../kube/metadata-only.ts';
import { networksStatusAnnotation, networkStatusAnnotation } from '../../multinet/network-status.ts';
import { statusEntries, type StatusEntry } from '../../multinet/status-entries.ts';
import type { SandboxAttachment } from '../../system/sandboxes.ts';
import type { Native } from './native.ts';
import type { SecondaryOptions } from './options.ts';
import { podPath, type Pod } from './pod.ts';

export interface Attached {
  readonly pod: Pod;
  readonly options: SecondaryOptions;
  readonly primary: CniResult;
  readonly attachments: readonly SandboxAttachment[];
}

/**
 * Writes into the Pod which interfaces it has, the first one first. The UID keeps it off another Pod of that name.
 * @throws Failure
 */
export async function writeNetworkStatus(native: Native, { pod, options, ...attached }: Attached): Promise<void> {
  const text = JSON.stringify(entriesOf(native, attached));
  const annotations = {
    [networkStatusAnnotation]: text,
    ...(options.networksStatus && { [networksStatusAnnotation]: text }),
  };
  const body = { metadata: { uid: pod.uid, annotations } };
  await native.cluster().send({ method: 'PATCH', path: `${podPath(pod)}/status`, body, accept: metadataOnly });
}

function entriesOf(
  { context, request }: Native,
  { primary, attachments }: Pick<Attached, 'primary' | 'attachments'>,
): readonly StatusEntry[] {
  const { name, cniVersion } = context.call.config;
  return [
    ...statusEntries({ name, ifname: request.ifname, isDefault: true, result: primary }),
    ...attachments.flatMap(({ nad, ifname, result }) => {
      const parsed = parseResult(result ?? {}, cniVersion, `the result of network ${nad}`);
      return statusEntries({ name: nad, ifname, isDefault: false, result: parsed });
    }),
  ];
}
