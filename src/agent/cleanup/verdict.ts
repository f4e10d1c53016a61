import type { SandboxState } from '../cri/known.ts';

/** What can be seen of a sandbox, now. */
export interface Sighting {
  /** `unclear`: where the path leads cannot be seen from here. */
  readonly netns: 'there' | 'gone' | 'unclear';
  /** What the container runtimes say. */
  readonly runtime: SandboxState;
  /** Whether the host's end of one of its veth pairs is there: the kernel removes it with the network namespace. */
  readonly linked: boolean;
  /** Whether a call for one of its attachments is under way. */
  readonly busy: boolean;
  /** Whether it was there before this Node was started the last time. */
  readonly beforeReboot: boolean;
  /** Whether nothing is known of it but addresses in the store: then no path tells of its netns. */
  readonly addressesOnly: boolean;
}

/** `soon`, `late`: it is gone, as far as can be seen; so it must be seen for a shorter or a longer time before anything is freed. */
export type Verdict = 'alive' | 'soon' | 'late';

/**
 * Whether a sandbox is gone. Nothing is taken for gone that might be in use: a doubt is an `alive`.
 *
 * A sandbox that the runtime lists as not ready has no processes any more, but the kubelet still calls DEL for it: with
 * all that the runtime knows, which is more than we do. So it gets the longer time, unless the Node was started meanwhile.
 * @param trusted whether the runtimes have answered, and have sandboxes that are ready: one that has none may not be the
 * one that the kubelet asks
 */
export function judge(sighting: Sighting, { trusted }: { readonly trusted: boolean }): Verdict {
  const { netns, runtime, linked, busy, addressesOnly } = sighting;
  if (busy || netns === 'there' || runtime === 'ready') return 'alive';
  const isUnknown = trusted && runtime === 'absent';
  // Something holds the namespace, whatever has become of its path.
  if (linked) return isUnknown && netns === 'gone' ? 'late' : 'alive';
  if (addressesOnly) return isUnknown ? 'soon' : 'alive';
  return judgeByNetns(sighting);
}

function judgeByNetns({ netns, runtime, beforeReboot }: Sighting): Verdict {
  if (beforeReboot && runtime !== 'unknown') return 'soon';
  if (netns === 'unclear') return 'alive';
  return runtime === 'absent' ? 'soon' : 'late';
}
