import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { Failure } from '../../system/failure.ts';
import { decodeSandboxList, decodeVersion, encodeNothing, type ListedSandbox } from './messages.ts';
import { NoRuntime } from './no-runtime.ts';

/** A container runtime, asked by the interface that the kubelet uses (CRI). */
export interface RuntimeClient {
  /** Every Pod sandbox that it knows. @throws Failure `unavailable`; NoRuntime */
  readonly listSandboxes: () => Promise<readonly ListedSandbox[]>;
  /** Its name and version. @throws as listSandboxes() */
  readonly version: () => Promise<string>;
  readonly close: () => void;
}

const service = '/runtime.v1.RuntimeService';
/** Bytes: a sandbox takes some kilobytes, with all its labels and annotations. */
const largest = 64 * 1024 * 1024;

/** Connects at the first question. @param socket a path @param timeout milliseconds for an answer */
export function openRuntime(socket: string, timeout = 10_000): RuntimeClient {
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': largest,
    // Not to wait for minutes for a runtime that is being restarted.
    'grpc.max_reconnect_backoff_ms': 2000,
  });
  const ask = async <T>(method: string, decode: (bytes: Uint8Array) => T): Promise<T> =>
    new Promise((resolve, reject) => {
      const deadline = Date.now() + timeout;
      client.makeUnaryRequest(`${service}/${method}`, encodeNothing, decode, {}, { deadline }, (error, answer) => {
        if (error !== null) reject(failureOf(error, { socket, timeout }));
        else if (answer !== undefined) resolve(answer);
      });
    });
  return {
    listSandboxes: () => ask('ListPodSandbox', decodeSandboxList),
    version: () => ask('Version', decodeVersion),
    close: () => client.close(),
  };
}

function failureOf(
  { code, details }: ServiceError,
  { socket, timeout }: { readonly socket: string; readonly timeout: number },
): Failure {
  if (code === status.UNIMPLEMENTED) return new NoRuntime(socket, details);
  // Its own words tell of each try how long it took: the log would have a line for each.
  const reason = code === status.DEADLINE_EXCEEDED ? `nothing came within ${timeout / 1000} s` : details;
  return new Failure('unavailable', `the container runtime at ${socket} does not answer: ${reason}`);
}
