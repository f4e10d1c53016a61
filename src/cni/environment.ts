import { Failure } from '../system/failure.ts';
import { quote } from '../system/quote.ts';
import { parseCniArgs, type CniArgs } from './args.ts';

export const commands = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'] as const;
export type Command = (typeof commands)[number];

/** The call as the environment describes it (CNI spec 1.1.0, section 2, "Parameters"). Variables that the verb does not need are empty strings. */
export interface CniRequest {
  readonly command: Command;
  readonly containerID: string;
  /** Path of the network namespace; on DEL it may be empty or gone. */
  readonly netns: string;
  readonly ifname: string;
  readonly args: CniArgs;
  /** CNI_ARGS, for the plugins that we run: they may know other keys. */
  readonly argsText: string;
  /** Folders to look for other plugins in. */
  readonly path: readonly string[];
  /** CNI_NETNS_OVERRIDE: the caller knows that the netns is the plugin's own. */
  readonly netnsOverride: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

interface Variable {
  readonly name: string;
  readonly requiredBy: readonly Command[];
  /** The complaint about a value, or undefined when it is good. */
  readonly complaint: (value: string, command: Command) => string | undefined;
}

const attachmentVerbs: readonly Command[] = ['ADD', 'CHECK', 'DEL'];

/** In the order in which they are looked at, as libcni's skeleton does. */
const variables: readonly Variable[] = [
  { name: 'CNI_CONTAINERID', requiredBy: attachmentVerbs, complaint: containerIDComplaint },
  { name: 'CNI_NETNS', requiredBy: ['ADD', 'CHECK'], complaint: () => undefined },
  { name: 'CNI_IFNAME', requiredBy: attachmentVerbs, complaint: ifnameComplaintOf },
  { name: 'CNI_PATH', requiredBy: [...attachmentVerbs, 'GC', 'STATUS'], complaint: () => undefined },
];

/**
 * Reads and checks the CNI_* variables. A malformed value is reported at once, missing ones together.
 * @throws Failure `environment`
 */
export function readEnvironment(env: Environment): CniRequest {
  const value = (name: string): string => env[name] ?? '';
  const command = readCommand(value('CNI_COMMAND'));
  checkVariables(command, value);
  return {
    command,
    containerID: value('CNI_CONTAINERID'),
    netns: value('CNI_NETNS'),
    ifname: value('CNI_IFNAME'),
    args: attachmentVerbs.includes(command) ? readArgs(command, value('CNI_ARGS')) : {},
    argsText: value('CNI_ARGS'),
    path: value('CNI_PATH')
      .split(':')
      .filter((folder) => folder !== ''),
    netnsOverride: /^(1|true)$/i.test(value('CNI_NETNS_OVERRIDE')),
  };
}

function checkVariables(command: Command, value: (name: string) => string): void {
  const missing: string[] = [];
  for (const { name, requiredBy, complaint } of variables) {
    if (!requiredBy.includes(command)) continue;
    const problem = value(name) === '' ? undefined : complaint(value(name), command);
    if (problem !== undefined) throw new Failure('environment', `${name} ${quote(value(name))} ${problem}`);
    if (value(name) === '') missing.push(name);
  }
  if (missing.length === 0) return;
  throw new Failure('environment', `required environment variables are missing: ${missing.join(', ')}`);
}

/** A Pod whose arguments ADD has refused must not hang in its deletion, which needs none of them. */
function readArgs(command: Command, text: string): CniArgs {
  try {
    return parseCniArgs(text);
  } catch (error) {
    if (command === 'DEL' && error instanceof Failure) return {};
    throw error;
  }
}

function readCommand(value: string): Command {
  const command = commands.find((known) => known === value);
  if (command === undefined) {
    throw new Failure('environment', `CNI_COMMAND ${quote(value)} is unknown: use one of ${commands.join(', ')}`);
  }
  return command;
}

function containerIDComplaint(value: string): string | undefined {
  if (value.length > 253) return 'is longer than 253 characters';
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(value)) return undefined;
  return 'is not a container ID: a letter or digit, then letters, digits, ".", "_" or "-"';
}

/**
 * Nothing of ours is attached under a name that ADD refuses: a DEL of it finds nothing, and the Pod can be deleted. What
 * libcni's skeleton refuses, no plugin takes.
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/pkg/utils/utils.go
 */
function ifnameComplaintOf(value: string, command: Command): string | undefined {
  const complaint = ifnameComplaint(value);
  return command === 'DEL' && complaint !== undefined && isNameForLibcni(value) ? undefined : complaint;
}

function isNameForLibcni(value: string): boolean {
  return Buffer.byteLength(value) <= 15 && !/^\.\.?$|[/:]|\p{White_Space}/u.test(value);
}

/**
 * Stricter than the kernel, which takes any byte but "/", ":" and white space: a quote, "#" or "\" means
 * something to `ip -batch`, and "all" and "default" name something else below /proc/sys/net.
 */
export function ifnameComplaint(value: string): string | undefined {
  if (Buffer.byteLength(value) > 15) return 'is longer than 15 bytes';
  if (['all', 'default', 'lo'].includes(value)) return 'is a name that the kernel keeps for itself';
  if (/^[a-zA-Z0-9_][a-zA-Z0-9_.@+-]*$/.test(value)) return undefined;
  return 'is not an interface name: a letter, digit or "_", then letters, digits, ".", "_", "@", "+" or "-"';
}
