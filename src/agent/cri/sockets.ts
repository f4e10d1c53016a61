import type { Files } from '../../system/files.ts';

/** Where container runtimes listen for the kubelet if nobody has said something else: containerd, CRI-O, k3s. */
const usual = [
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/k3s/containerd/containerd.sock',
] as const;

/** Where to ask for sandboxes. */
export interface RuntimeSockets {
  readonly paths: readonly string[];
  /** Whether somebody has said so: then a runtime has to be there. */
  readonly configured: boolean;
}

/**
 * The sockets to ask at: the one that is configured, there or not, else those of the usual ones that are there.
 * @param configured a path, or `unix:///path` as the kubelet's containerRuntimeEndpoint has it
 */
export function runtimeSockets(files: Pick<Files, 'exists'>, configured: string | undefined): RuntimeSockets {
  if (configured !== undefined) return { paths: [configured.replace(/^unix:\/\//, '')], configured: true };
  return { paths: usual.filter((path) => files.exists(path)), configured: false };
}
