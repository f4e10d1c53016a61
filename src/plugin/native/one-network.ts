import { readNetworkConfig } from '../../cni/network-config.ts';
import { resultObject } from '../../cni/result-print.ts';
import { atLeast } from '../../cni/version.ts';
import type { Command } from '../../cni/environment.ts';
import { isJsonObject, type JsonObject } from '../../config/json.ts';
import { Failure } from '../../system/failure.ts';
import type { SandboxAttachment } from '../../system/sandboxes.ts';
import { add } from '../add.ts';
import { check } from '../check.ts';
import type { Context } from '../context.ts';
import { del } from '../del.ts';
import { addDelegates, checkDelegates, delDelegates } from './delegates.ts';
import { naming } from './naming.ts';
import type { Native } from './native.ts';

/** @returns what the network's last plugin has answered, in a form that a later prevResult can have */
export async function attachNetwork(native: Native, attachment: SandboxAttachment): Promise<JsonObject> {
  return naming(labelOf(attachment), async () => {
    if (attachment.kind === 'delegates') return addDelegates(native, attachment);
    const result: unknown = resultObject(await add(vlanContext(native, attachment, 'ADD')), '1.1.0');
    return isJsonObject(result) ? result : {};
  });
}

/** What is gone already, or was never made, is no error. */
export async function detachNetwork(native: Native, attachment: SandboxAttachment): Promise<void> {
  await naming(labelOf(attachment), async () => {
    if (attachment.kind === 'delegates') return delDelegates(native, attachment);
    return del(vlanContext(native, attachment, 'DEL'));
  });
}

/** A network of a version that has no CHECK is passed over. */
export async function checkNetwork(native: Native, attachment: SandboxAttachment): Promise<void> {
  await naming(labelOf(attachment), async () => {
    const [plugin = {}] = attachment.plugins;
    if (!atLeast(readNetworkConfig('DEL', plugin).cniVersion, '0.4.0')) return;
    if (attachment.result === undefined) throw new Failure('check', 'it was not attached to the end');
    if (attachment.kind === 'delegates') checkDelegates(native, attachment);
    else await check(vlanContext(native, attachment, 'CHECK'));
  });
}

function labelOf({ nad, ifname }: SandboxAttachment): string {
  return `${nad} (${ifname})`;
}

/** As if a runtime had called us for this network alone. What it asked of the first interface is not meant for it. */
function vlanContext(native: Native, { plugins, ifname, result }: SandboxAttachment, command: Command): Context {
  const { MAC: _, IP: __, ...args } = native.request.args;
  const raw = { ...plugins[0], ...(result !== undefined && { prevResult: result }) };
  return native.contextFor({
    request: { ...native.request, command, ifname, args },
    config: readNetworkConfig(command, raw),
  });
}
