import { join } from 'node:path';
import { isObject, objectsIn, textAt } from '../../fixture/json.ts';
import type { Capsule } from './capsule.ts';
import { readFolder, readObject } from './reading.ts';

/** A sandbox that runs, as the runtime has it. */
export interface Sandbox {
  readonly containerId: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  /** A path in the capsule. */
  readonly netns: string;
}

const bundles = '/run/containerd/io.containerd.runtime.v2.task/k8s.io';

/** Out of the bundles that containerd gives to runc; there is no client of CRI in Debian. */
export function readSandboxes({ hostPath }: Pick<Capsule, 'hostPath'>): readonly Sandbox[] {
  const folder = hostPath(bundles);
  return readFolder(folder).flatMap((containerId) => {
    const config = readObject(join(folder, containerId, 'config.json'));
    const { annotations, linux } = config;
    if (!isObject(annotations) || textAt(annotations, `${cri}.container-type`) !== 'sandbox') return [];
    const namespaces = isObject(linux) ? objectsIn(linux['namespaces']) : [];
    const network = namespaces.find(({ type }) => type === 'network') ?? {};
    return {
      containerId,
      namespace: textAt(annotations, `${cri}.sandbox-namespace`) ?? '',
      pod: textAt(annotations, `${cri}.sandbox-name`) ?? '',
      podUid: textAt(annotations, `${cri}.sandbox-uid`) ?? '',
      netns: textAt(network, 'path') ?? '',
    };
  });
}

const cri = 'io.kubernetes.cri';
