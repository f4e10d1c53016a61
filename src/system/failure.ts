/**
 * What kind of thing went wrong. The CNI dispatcher maps a kind to a CNI error code, the command
 * line maps it to an exit code; nothing else knows either.
 *
 * - `environment`: a CNI environment variable is missing or malformed
 * - `decode`: the input is not JSON, or not JSON that can be accepted (size, depth, encoding)
 * - `config`: a key of a configuration is missing, malformed or contradicts another
 * - `unsupported`: a known key has a value that is refused
 * - `incompatible`: the CNI version of the configuration is not spoken
 * - `netns`: the network namespace cannot be used
 * - `unavailable`: something that comes back (OVSDB, a store, a deadline): try again
 * - `io`: a file could not be read or written
 * - `not-ready`: an ADD would fail now (the answer to STATUS)
 * - `ipam`: no address could be had, or the address is somebody else's
 * - `wiring`: the interface or the OVS port could not be made as asked
 * - `check`: what is there differs from what ADD reported
 * - `not-found`: the named object does not exist
 * - `refused`: the request is understood and would do harm
 */
export type FailureKind =
  | 'environment'
  | 'decode'
  | 'config'
  | 'unsupported'
  | 'incompatible'
  | 'netns'
  | 'unavailable'
  | 'io'
  | 'not-ready'
  | 'ipam'
  | 'wiring'
  | 'check'
  | 'not-found'
  | 'refused';

export interface FailureOptions {
  /** Text beyond the one-line message: what to do, the other problems, a command's stderr. */
  readonly details?: string;
  readonly cause?: unknown;
}

/** An expected error, written for the person who has to act on it: names the key, the value and what would be right. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly kind: FailureKind;
  readonly details: string | undefined;

  constructor(kind: FailureKind, message: string, options: FailureOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.details = options.details;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system error (`ENOENT`, `EEXIST`, …), if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
