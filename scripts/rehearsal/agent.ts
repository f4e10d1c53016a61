import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { protocolVersion } from '../../src/agent-protocol/protocol.ts';
import { isJsonObject, type JsonObject } from '../../src/system/json-object.ts';
import { answerTo as answerOfApiServer } from './api-server.ts';

/** What answers the plugin as the Node's agent would. */
export interface Agent {
  /** Path of its socket. */
  readonly socket: string;
  readonly close: () => void;
}

/** What it knows. */
export interface Known {
  /** By name. */
  readonly pools: ReadonlyMap<string, object>;
  /** By what follows the version in their paths. */
  readonly objects: ReadonlyMap<string, object>;
}

export async function startAgent(directory: string, known: Known): Promise<Agent> {
  const socket = join(directory, 'agent.sock');
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    createInterface({ input: connection }).on('line', (line) => answer(connection, known, line));
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

function answer(connection: Socket, known: Known, line: string): void {
  const request: unknown = JSON.parse(line);
  if (!isJsonObject(request)) throw new Error(`this is no request: ${line}`);
  const said = { v: protocolVersion, id: request['id'], ...answerTo(known, request) };
  connection.write(`${JSON.stringify(said)}\n`);
}

let given = 0;

function answerTo({ pools, objects }: Known, { op, name, method, path, body }: JsonObject): object {
  switch (op) {
    case 'pool':
      return { pool: pools.get(String(name)), address: `${name === 'v6' ? 'fd00::' : '10.0.0.'}${++given + 1}` };
    case 'create':
      return { version: 'uid-of-the-allocation/1' };
    case 'release':
      return { outcome: 'released' };
    case 'request': {
      const sent = isJsonObject(body) ? body : {};
      const asked = { objects: new Map(objects), method: String(method), path: String(path), sent };
      const [status, said] = answerOfApiServer(asked);
      return { status, text: JSON.stringify(said) };
    }
    default:
      return {};
  }
}
