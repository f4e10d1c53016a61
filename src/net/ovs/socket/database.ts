import { isJsonObject, type JsonObject } from '../../../system/json-object.ts';
import { connectPeer } from './peer.ts';

/** A connection to ovsdb-server, for one transaction after the other. */
export interface Database {
  /**
   * One transaction on the database Open_vSwitch (RFC 7047, section 4.1.3).
   * @param timeout milliseconds; asked again when they have passed, since more may be granted by then
   * @returns the result of each operation
   * @throws TransactionError, ConnectionError
   */
  transact(operations: readonly object[], timeout: () => number): Promise<readonly JsonObject[]>;
  close(): void;
}

/** The transaction was refused: nothing was changed. */
export class TransactionError extends Error {
  override readonly name = 'TransactionError';
  /** Index of the operation that failed; their number when it was the commit. */
  readonly operation: number;
  /** RFC 7047, section 3.1: `constraint violation`, `timed out`, … */
  readonly code: string;

  constructor(operation: number, { code, details }: { readonly code: string; readonly details: string }) {
    super(details === '' ? code : `${code}: ${details}`);
    this.operation = operation;
    this.code = code;
  }
}

/** What became of the transaction is not known. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly timedOut: boolean;

  constructor(message: string, { timedOut = false }: { readonly timedOut?: boolean } = {}) {
    super(message);
    this.timedOut = timedOut;
  }
}

interface Awaited {
  resolve(answer: JsonObject): void;
  reject(error: ConnectionError): void;
}

/** @throws ConnectError (byte-stream.ts) */
export async function openDatabase(path: string): Promise<Database> {
  let awaited: Awaited | undefined;
  let ended: string | undefined;
  const end = (reason: string): void => {
    ended ??= reason;
    awaited?.reject(new ConnectionError(ended));
  };
  const peer = await connectPeer(path, { onMessage: (message) => awaited?.resolve(message), onEnd: end });
  return {
    transact: async (operations, timeout) => {
      const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
      awaited = { resolve, reject };
      if (ended !== undefined) end(ended);
      const stop = whenPassed(timeout, () => reject(new ConnectionError('no answer', { timedOut: true })));
      peer.send({ method: 'transact', params: ['Open_vSwitch', ...operations], id: 0 });
      return resultsOf(await promise.finally(stop));
    },
    close: () => peer.close(),
  };
}

/** @returns what ends the waiting */
function whenPassed(timeout: () => number, act: () => void): () => void {
  let waited = 0;
  let timer: NodeJS.Timeout;
  const wait = (milliseconds: number): void => {
    timer = setTimeout(() => {
      waited += milliseconds;
      const more = timeout() - waited;
      if (more > 1000) wait(more);
      // What has come while something else blocked is read before that.
      else setImmediate(act);
    }, milliseconds);
  };
  wait(timeout());
  return () => clearTimeout(timer);
}

function resultsOf({ result, error }: JsonObject): readonly JsonObject[] {
  if (!Array.isArray(result)) throw new ConnectionError(`it does not know transact: ${JSON.stringify(error)}`);
  return result.map((one: unknown, index) => {
    // Operations after one that failed have no result.
    if (!isJsonObject(one)) return {};
    const { error: code, details } = one;
    if (typeof code !== 'string') return one;
    throw new TransactionError(index, { code, details: typeof details === 'string' ? details : '' });
  });
}
