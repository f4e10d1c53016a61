import type { SandboxAttachment } from '../../system/sandboxes.ts';

/** What a message calls a network of a Pod. */
export function labelOf({ nad, ifname }: SandboxAttachment): string {
  return `${nad} (${ifname})`;
}
