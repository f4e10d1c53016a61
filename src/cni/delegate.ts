import type { Exec } from '../system/exec.ts';
import { Failure, type FailureKind } from '../system/failure.ts';
import type { Files } from '../system/files.ts';
import { quote } from '../system/quote.ts';
import { parseJsonObject, type JsonObject } from '../config/json.ts';
import type { Command, CniRequest } from './environment.ts';
import { PluginError } from './errors.ts';
import type { CniVersion } from './version.ts';

export interface DelegateCall {
  readonly plugin: string;
  readonly command: Command;
  readonly request: CniRequest;
  readonly stdin: JsonObject;
  /** Milliseconds that are left for all of our own call. */
  readonly remaining: number;
  /** What a failure is of which the plugin does not say what it is; default: `ipam`. */
  readonly kind?: FailureKind;
}

/** As much of what a plugin says about its failure is passed on. */
const longestText = 2000;

export interface DelegateEffects {
  readonly exec: Exec;
  readonly files: Pick<Files, 'isProgram'>;
}

/**
 * Runs another plugin with our own parameters (CNI spec 1.1.0, section 4).
 * A DEL that the plugin refuses for its CNI version, and in an old one too, counts as done.
 * @returns the result of an ADD; undefined when nothing was printed, or another verb has nothing to print
 * @throws PluginError with the plugin's own error; Failure `config` when there is no such plugin, `unavailable` when it takes too long
 */
export function delegate(effects: DelegateEffects, call: DelegateCall): JsonObject | undefined {
  const { plugin, command, stdin, remaining, kind = 'ipam' } = call;
  const timeout = command === 'DEL' ? Math.max(remaining, undoTime) : remaining;
  const { code, stdout, stderr, timedOut } = effects.exec(findPlugin(effects, call), [], {
    timeout,
    input: JSON.stringify(stdin),
    env: environment(call),
  });
  if (timedOut) throw new Failure('unavailable', `the plugin ${plugin} did not end within ${timeout} ms`);
  if (code !== 0) {
    const error = pluginError(plugin, stdout) ?? unexplained({ plugin, kind, text: stderr || stdout });
    if (command !== 'DEL' || !speaksOtherVersions(error)) throw error;
    return stdin['cniVersion'] === oldVersion ? undefined : delegate(effects, { ...call, stdin: inOldVersion(stdin) });
  }
  if (command !== 'ADD' || stdout === '') return undefined;
  return parseJsonObject(Buffer.from(stdout), `the result of the plugin ${plugin}`);
}

/** Milliseconds for a DEL, even if an ADD that has to be taken back has used up all the time. */
const undoTime = 5000;

/**
 * Where a plugin is.
 * @throws Failure `config` when there is no such plugin
 */
export function findPlugin(
  { files }: Pick<DelegateEffects, 'files'>,
  { plugin, request }: Pick<DelegateCall, 'plugin' | 'request'>,
): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(plugin))
    throw new Failure('config', `${quote(plugin)} is not a plugin's name`);
  const folder = request.path.find((candidate) => files.isProgram(`${candidate}/${plugin}`));
  if (folder !== undefined) return `${folder}/${plugin}`;
  throw new Failure('config', `the plugin ${plugin} is in none of the folders of CNI_PATH: ${request.path.join(', ')}`);
}

/**
 * If it does so in an old version too, its ADD has made nothing, and a DEL that fails is asked for again and again. The
 * network may have got a newer one since its ADD.
 */
function speaksOtherVersions(error: Error): boolean {
  return error instanceof PluginError && error.object.code === 1 && /version/i.test(error.message);
}

/** Spoken by all plugins; the first in which a runtime sends prevResult with DEL. */
export const oldVersion: CniVersion = '0.4.0';

/** What came before is written in the version that was refused; no DEL depends on it. */
function inOldVersion(stdin: JsonObject): JsonObject {
  const { prevResult: _, ...rest } = stdin;
  return { ...rest, cniVersion: oldVersion };
}

function environment({ command, request }: DelegateCall): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: request.containerID,
    CNI_NETNS: request.netns,
    CNI_IFNAME: request.ifname,
    CNI_ARGS: request.argsText,
    CNI_PATH: request.path.join(':'),
    ...(request.netnsOverride && { CNI_NETNS_OVERRIDE: '1' }),
  };
}

/** What the plugin says itself. */
function pluginError(plugin: string, stdout: string): PluginError | undefined {
  try {
    const { code, msg, details } = parseJsonObject(Buffer.from(stdout), plugin);
    if (isErrorCode(code) && typeof msg === 'string') {
      return new PluginError(plugin, {
        code,
        msg: msg.slice(0, longestText),
        ...(typeof details === 'string' && { details: details.slice(0, longestText) }),
      });
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  return undefined;
}

function unexplained({
  plugin,
  kind,
  text,
}: {
  readonly plugin: string;
  readonly kind: FailureKind;
  readonly text: string;
}): Failure {
  return new Failure(kind, `the plugin ${plugin} failed`, { details: text.slice(0, longestText) });
}

/** A runtime reads it as an unsigned number of 32 bits or more. */
function isErrorCode(code: unknown): code is number {
  return typeof code === 'number' && Number.isInteger(code) && code > 0 && code < 2 ** 32;
}
