import { delegate } from '../../cni/delegate.ts';
import type { Command } from '../../cni/environment.ts';
import { PluginError } from '../../cni/errors.ts';
import { isJsonObject, type JsonObject } from '../../config/json.ts';
import { readLink } from '../../net/link-facts.ts';
import { withNetns } from '../../net/netns.ts';
import type { Exec } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';
import type { SandboxAttachment } from '../../system/sandboxes.ts';
import { tryAll } from '../../system/try-all.ts';
import { markOf } from '../marks.ts';
import { missingDhcpDaemon } from '../dhcp.ts';
import { liveNetns } from './live-netns.ts';
import type { Native } from './native.ts';

/**
 * Runs the plugins of a network one after the other, each with the result of the one before (CNI spec 1.1.0, section 3).
 * @returns the last one's result
 */
export async function addDelegates(native: Native, attachment: SandboxAttachment): Promise<JsonObject> {
  let result: JsonObject | undefined;
  for (const plugin of attachment.plugins) {
    const stdin = { ...plugin, ...(result !== undefined && { prevResult: result }) };
    result = run(native, attachment, { command: 'ADD', stdin, plugin: typeOf(plugin) });
    if (result === undefined) throw new Failure('wiring', `the plugin ${typeOf(plugin)} printed no result of its ADD`);
  }
  return result ?? {};
}

/**
 * Before ADD: a plugin's failure over an interface that is there would have us take that one back.
 * @throws Failure `wiring`
 */
export async function refuseTakenName(native: Native, ifname: string): Promise<void> {
  if (!(await linkIsThere(native, ifname))) return;
  throw new Failure('wiring', `the interface ${ifname} exists already in the network namespace`, {
    details: 'each network of a Pod needs an interface name of its own; a container is attached once',
  });
}

/** In reverse, each whatever the others do. */
export async function delDelegates(native: Native, attachment: SandboxAttachment): Promise<void> {
  const { plugins, result } = attachment;
  await tryAll(
    plugins.toReversed().map((plugin) => async () => {
      const stdin = { ...plugin, ...(result !== undefined && { prevResult: result }) };
      await delOne(native, attachment, withoutLostLeases(native, stdin));
    }),
  );
}

/**
 * Not every plugin has its IPAM release the addresses when its interface or the netns is gone, and some fail for ever
 * then: so we have it done, too, and what is gone is done. While the interface is there, the Pod could go on using them.
 */
async function delOne(native: Native, attachment: SandboxAttachment, stdin: JsonObject): Promise<void> {
  const ipamType = isJsonObject(stdin['ipam']) ? typeOf(stdin['ipam']) : '';
  const failure = await failureOf(async () =>
    run(native, attachment, { command: 'DEL', stdin, plugin: typeOf(stdin) }),
  );
  if (failure !== undefined && (await linkIsThere(native, attachment.ifname))) throw failure;
  if (ipamType === '' || (failure === undefined && liveNetns(native.request.netns) !== '')) return;
  run(native, attachment, { command: 'DEL', stdin, plugin: ipamType });
}

/** Leases are gone with the daemon that held them; and some plugins would leave their link because of it. */
function withoutLostLeases({ context }: Native, stdin: JsonObject): JsonObject {
  if (missingDhcpDaemon(context.files, stdin) === undefined) return stdin;
  const { ipam: _, ...rest } = stdin;
  return rest;
}

async function failureOf(work: () => Promise<unknown>): Promise<Error | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Failure || error instanceof PluginError) return error;
    throw error;
  }
}

async function linkIsThere(native: Native, ifname: string): Promise<boolean> {
  const netns = liveNetns(native.request.netns);
  if (netns === '') return false;
  const { exec } = native.context;
  return withNetns(netns, (descriptor) => readLink({ exec, name: ifname, netns: descriptor }) !== undefined);
}

export function checkDelegates(native: Native, attachment: SandboxAttachment): void {
  for (const plugin of attachment.plugins) {
    const stdin = { ...plugin, prevResult: attachment.result };
    run(native, attachment, { command: 'CHECK', stdin, plugin: typeOf(plugin) });
  }
}

interface Run {
  readonly command: Command;
  readonly stdin: JsonObject;
  readonly plugin: string;
}

function run(
  native: Native,
  { ifname, args }: SandboxAttachment,
  { command, stdin, plugin }: Run,
): JsonObject | undefined {
  const { context, request } = native;
  const { deadline, files } = context;
  return delegate(
    { exec: marked(native), files },
    {
      plugin,
      command,
      request: {
        ...request,
        ifname,
        argsText: args,
        netns: command === 'DEL' ? liveNetns(native.request.netns) : request.netns,
      },
      stdin,
      remaining: deadline.remaining(),
      kind: command === 'CHECK' ? 'check' : 'wiring',
    },
  );
}

/** Ours may be among the plugins, and what they run: they need the same Node file. */
function marked({ context, request }: Native): Exec {
  const nodeFile = process.env['ANTREA_NODE_CONFIG'];
  const more = { ...markOf(request), ...(nodeFile !== undefined && { ANTREA_NODE_CONFIG: nodeFile }) };
  return (file, args, options) => context.exec(file, args, { ...options, env: { ...options.env, ...more } });
}

function typeOf({ type }: JsonObject): string {
  return typeof type === 'string' ? type : '';
}
