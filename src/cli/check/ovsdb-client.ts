import { connect } from 'node:net';
import { Failure, messageOf } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

export type Row = JsonObject;

/**
 * One transaction on the database Open_vSwitch, without ovs-vsctl (RFC 7047 §4.1.3).
 * @param socket path of ovsdb-server's socket
 * @param timeout milliseconds
 * @returns the rows of each operation
 * @throws Failure `unavailable`
 */
export async function transact(
  socket: string,
  { operations, timeout }: { readonly operations: readonly object[]; readonly timeout: number },
): Promise<readonly (readonly Row[])[]> {
  const request = JSON.stringify({ method: 'transact', params: ['Open_vSwitch', ...operations], id: 0 });
  const answer = await ask(socket, { request, timeout });
  const results: unknown = isJsonObject(answer) ? answer['result'] : undefined;
  if (!Array.isArray(results)) throw new Failure('unavailable', 'the answer is not one of OVSDB');
  return results.map(rowsOf);
}

async function ask(socket: string, { request, timeout }: { request: string; timeout: number }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const connection = connect({ path: socket });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      connection.destroy();
      settle();
    };
    const failWith = (reason: string): void => end(() => reject(new Failure('unavailable', reason)));
    const timer = setTimeout(() => failWith(`no answer in ${timeout / 1000} s`), timeout);
    let received = '';
    connection.setEncoding('utf8').on('data', (text: string) => {
      received += text;
      const answer = parsed(received);
      if (answer !== undefined) end(() => resolve(answer));
    });
    connection.on('error', (error) => failWith(messageOf(error)));
    connection.on('close', () => failWith('the connection was closed'));
    connection.write(request);
  });
}

/** JSON-RPC of OVSDB has no frames: an answer is complete when it can be parsed. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function rowsOf(result: unknown): readonly Row[] {
  if (!isJsonObject(result)) return [];
  const { rows, error, details } = result;
  if (typeof error === 'string')
    throw new Failure('unavailable', typeof details === 'string' ? `${error}: ${details}` : error);
  return Array.isArray(rows) ? rows.filter(isJsonObject) : [];
}
