import { Failure } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';

/**
 * What the plugin and the Node's agent say to each other over the agent's Unix socket: one JSON object a line, each
 * with the version of the protocol (`v`), and with the number of the request (`id`) that it is or answers. Requests may
 * follow each other without an answer in between, and are answered in any order.
 *
 * | Request: `op` and | Answer |
 * |---|---|
 * | `hello` | `node`; `ready`: whether the agent knows the pools |
 * | `announce`: `type`, `env` and `config` of an ADD, as the plugin was called | nothing: creates that were begun for it (src/agent-protocol/begun.ts) are ended |
 * | `pool`: `name`, `search` (a number of the plugin's own) | `pool`: the IPPool without its status; `address`: the first to try |
 * | `next`: `search` | `address`: the next to try; none when no address is free |
 * | `create`: `search`, `address`, `owner`, `attempt` | `version` when it was created, else `object`: the IPAllocation of whoever has it |
 * | `get`: `pool`, `address` | `object`: the IPAllocation, if there is one |
 * | `release`: `pool`, `address`, `version`, `owner` | `outcome` as of Store.release |
 * | `request`: `kubeconfig`, `method`, `path`, `query`, `body`, `accept` as of KubeRequest | `status`, `text`, `retryAfter` of what the API server says, whatever it is |
 * | `pairs`: `host` as of ownNetns(), `netns` as of netnsName() and its `path`, `pairs` as of MadePair (src/net/ip-orders.ts) | nothing: they are made |
 * | `event`: `kubeconfig`, `pod`, `event` as of src/kube/pod-event.ts | nothing: the Event will be written |
 *
 * `until` of a request is when the plugin stops waiting, in milliseconds of monotonicNow(): nothing is begun after it.
 * `request` and `event` are done with the credentials of the plugin: `kubeconfig` is the path of its own, and refused if
 * the agent knows another one. Whoever does not know an operation says so by an error.
 * In place of its answer, a request gets an `error`: `kind`, `message` and `details` of a Failure, and `leftover` when
 * something may be there, or come yet, all the same. What ends the connection ends its searches.
 */
export const protocolVersion = 1;

/** Both sides understand the version before theirs, too; there is none before the first. */
export const oldestVersion = 1;

export type Operation =
  | 'hello'
  | 'announce'
  | 'pool'
  | 'next'
  | 'create'
  | 'get'
  | 'release'
  | 'pairs'
  | 'request'
  | 'event';

/** Bytes of a request, without its end. */
export const longestRequest = 64 * 1024;

/** @param line without its end. undefined: it is no message at all */
export function parseMessage(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isSpoken({ v }: JsonObject): boolean {
  return typeof v === 'number' && v >= oldestVersion && v <= protocolVersion;
}

/** What an answer says went wrong. */
export interface WireError {
  readonly failure: Failure;
  /** Another way to the API server would not change it. */
  readonly isFinal: boolean;
  /** Something may be there that was not taken back, or may yet come. */
  readonly leftover: boolean;
}

export function readError({ error }: JsonObject): WireError | undefined {
  if (error === undefined) return undefined;
  const { kind, message, details, leftover } = isJsonObject(error) ? error : {};
  const isFinal = kind === 'ipam';
  const options = typeof details === 'string' ? { details } : {};
  const failure = new Failure(isFinal ? kind : 'unavailable', String(message), options);
  return { failure, isFinal, leftover: leftover === true };
}
