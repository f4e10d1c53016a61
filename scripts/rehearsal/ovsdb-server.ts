import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { isJsonObject } from '../../src/system/json-object.ts';

/** What answers the plugin as ovsdb-server would that accepts everything. */
export interface OvsdbServer {
  /** As the Node file names it. */
  readonly ovsdb: string;
  readonly close: () => void;
}

export async function startOvsdbServer(directory: string): Promise<OvsdbServer> {
  const path = join(directory, 'db.sock');
  const server = createServer((connection) => {
    connection.on('data', (request) => answer(connection, request.toString()));
  });
  server.listen(path);
  await once(server, 'listening');
  return { ovsdb: `unix:${path}`, close: () => server.close() };
}

/** One request comes in one piece: it is small, and the next one waits for the answer. */
function answer(connection: Socket, text: string): void {
  const request: unknown = JSON.parse(text);
  if (!isJsonObject(request) || !Array.isArray(request['params'])) throw new Error(`this is no request: ${text}`);
  const result = request['params'].slice(1).map(resultOf);
  connection.write(JSON.stringify({ id: request['id'], error: null, result }));
}

function resultOf(operation: unknown): object {
  const uuid = ['uuid', '550e8400-e29b-41d4-a716-446655440000'];
  const row = { _uuid: uuid, name: 'rehearsal', error: ['set', []] };
  switch (isJsonObject(operation) ? operation['op'] : undefined) {
    case 'insert':
      return { uuid };
    case 'select':
      return { rows: [row] };
    default:
      return { count: 1 };
  }
}
