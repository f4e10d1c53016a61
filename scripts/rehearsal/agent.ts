import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { protocolVersion } from '../../src/agent-socket/protocol.ts';
import { isJsonObject, type JsonObject } from '../../src/system/json-object.ts';

/** What answers the plugin as the Node's agent would. */
export interface Agent {
  /** Path of its socket. */
  readonly socket: string;
  readonly close: () => void;
}

/** @param pools by name */
export async function startAgent(directory: string, pools: ReadonlyMap<string, object>): Promise<Agent> {
  const socket = join(directory, 'agent.sock');
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    createInterface({ input: connection }).on('line', (line) => answer(connection, pools, line));
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    socket,
    close: () => {
      server.close();
      for (const connection of connections) connection.destroy();
    },
  };
}

function answer(connection: Socket, pools: ReadonlyMap<string, object>, line: string): void {
  const request: unknown = JSON.parse(line);
  if (!isJsonObject(request)) throw new Error(`this is no request: ${line}`);
  const said = { v: protocolVersion, id: request['id'], ...answerTo(pools, request) };
  connection.write(`${JSON.stringify(said)}\n`);
}

let given = 0;

function answerTo(pools: ReadonlyMap<string, object>, { op, name }: JsonObject): object {
  switch (op) {
    case 'pool':
      return { pool: pools.get(String(name)), address: `${name === 'v6' ? 'fd00::' : '10.0.0.'}${++given + 1}` };
    case 'create':
      return { version: 'uid-of-the-allocation/1' };
    case 'release':
      return { outcome: 'released' };
    default:
      return {};
  }
}
