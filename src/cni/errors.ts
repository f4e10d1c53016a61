import { Failure, messageOf, type FailureKind } from '../system/failure.ts';

/** What is printed when a call fails (CNI spec 1.1.0, section 5, "Error"). */
export interface ErrorObject {
  readonly cniVersion: string;
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
}

/**
 * 1–99 are the specification's, 100 and up our own. A defect of ours is 100 and not libcni's 999,
 * so that it cannot be taken for an error of the runtime.
 */
const codes: Readonly<Record<FailureKind, number>> = {
  incompatible: 1,
  unsupported: 2,
  environment: 4,
  io: 5,
  decode: 6,
  config: 7,
  netns: 8,
  unavailable: 11,
  'not-ready': 50,
  ipam: 101,
  wiring: 102,
  check: 103,
  'not-found': 101,
  refused: 101,
};
const defectCode = 100;

export function errorObject(error: unknown, cniVersion: string): ErrorObject {
  if (error instanceof PluginError) return { cniVersion, ...error.object };
  if (isSystemError(error)) return { cniVersion, code: codes.io, msg: error.message };
  if (!(error instanceof Failure)) return { cniVersion, ...describeDefect(error) };
  const details = [error.details, ...causes(error)].filter((text) => text !== undefined && text !== '').join('; ');
  return { cniVersion, code: codes[error.kind], msg: error.message, ...(details !== '' && { details }) };
}

/** The error that a plugin we ran has printed, passed on as it is. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
  readonly object: Omit<ErrorObject, 'cniVersion'>;

  constructor(plugin: string, object: Omit<ErrorObject, 'cniVersion'>) {
    super(`${plugin}: ${object.msg}`);
    this.object = { ...object, msg: this.message };
  }
}

/** Such as a full disk: nobody's defect, wherever it comes up. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

function describeDefect(error: unknown): Omit<ErrorObject, 'cniVersion'> {
  const details = error instanceof Error ? (error.stack ?? '') : '';
  return { code: defectCode, msg: `unexpected error, please report it: ${messageOf(error)}`, details };
}

/** The messages below `error` that it does not repeat itself. */
function causes(error: Error): readonly string[] {
  const { cause } = error;
  if (cause === undefined) return [];
  const own = messageOf(cause);
  const deeper = cause instanceof Error ? causes(cause) : [];
  return error.message.includes(own) ? deeper : [own, ...deeper];
}
