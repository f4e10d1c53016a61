import type { Command } from '../../cni/environment.ts';
import { readNetworkConfig } from '../../cni/network-config.ts';
import { resultObject } from '../../cni/result-print.ts';
import { isJsonObject } from '../../config/json.ts';
import type { SandboxAttachment } from '../../system/sandboxes.ts';
import { tryAll } from '../../system/try-all.ts';
import { addTogether } from '../add.ts';
import { check } from '../check.ts';
import type { Context } from '../context.ts';
import { delTogether } from '../del.ts';
import { labelOf as labelOfAll, type Member } from '../member.ts';
import { named } from '../naming.ts';
import type { Native } from './native.ts';
import { labelOf } from './label.ts';

/**
 * All networks of our own type, together.
 * @returns each with what it has answered, in a form that a later prevResult can have
 */
export async function attachVlans(
  native: Native,
  attachments: readonly SandboxAttachment[],
): Promise<readonly SandboxAttachment[]> {
  const members = attachments.map((attachment) => memberOf(native, attachment, 'ADD'));
  const results = await addTogether(sharedContext(native), members);
  return attachments.map((attachment, index) => {
    const result = results[index];
    const printed: unknown = result && resultObject(result, '1.1.0');
    return { ...attachment, result: isJsonObject(printed) ? printed : {} };
  });
}

/**
 * All of them, whatever becomes of the others; what is gone already, or was never made, is no error.
 * @param onDetached is told each one that is gone
 * @throws Failure naming each network that is left
 */
export async function detachVlans(
  native: Native,
  attachments: readonly SandboxAttachment[],
  onDetached: (attachment: SandboxAttachment) => void,
): Promise<void> {
  if (attachments.length === 0) return;
  const members = attachments.map((attachment) => memberOf(native, attachment, 'DEL'));
  const troubles = await delTogether(sharedContext(native), members);
  for (const [index, attachment] of attachments.entries()) {
    if (!troubles.some(({ about }) => about.some((member) => member === members[index]))) onDetached(attachment);
  }
  await tryAll(
    troubles.map(({ error, about }) => async () => {
      throw named(error, labelOfAll(about));
    }),
  );
}

export async function checkVlan(native: Native, attachment: SandboxAttachment): Promise<void> {
  await check(memberOf(native, attachment, 'CHECK').context);
}

/** Of the sandbox that is worked on, which for GC is not that of the call. */
function sharedContext({ context, request }: Native): Context {
  return { ...context, call: { ...context.call, request } };
}

/** As if a runtime had called us for this network alone. What it asked of the first interface is not meant for it. */
function memberOf(native: Native, attachment: SandboxAttachment, command: Command): Member {
  const { plugins, ifname, args: argsText, result } = attachment;
  const { MAC: _, IP: __, ...args } = native.request.args;
  const raw = { ...plugins[0], ...(result !== undefined && { prevResult: result }) };
  const context = native.contextFor({
    request: { ...native.request, command, ifname, args, argsText },
    config: readNetworkConfig(command, raw),
  });
  return { context, label: labelOf(attachment) };
}
