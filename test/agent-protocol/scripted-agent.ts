import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isObject, parseJson, type JsonObject } from '../fixture/json.ts';
import { makeTempDir } from '../fixture/unique.ts';

/** Listens as an agent, and says what a test wants it to. */
export interface ScriptedAgent {
  readonly path: string;
  readonly seen: readonly JsonObject[];
  readonly stop: () => Promise<void>;
}

/** What is answered, without version and number; a text goes as it is; undefined: the connection ends. */
export type Script = (request: JsonObject) => Promise<JsonObject | string | undefined>;

export async function startScriptedAgent(script: Script): Promise<ScriptedAgent> {
  const dir = makeTempDir('agent');
  const path = join(dir.path, 's');
  const seen: JsonObject[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    createInterface(socket).on('line', (line) => {
      const request = parseJson(line);
      if (!isObject(request)) throw new Error(`no request: ${line}`);
      seen.push(request);
      void respond(socket, request, script);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    seen,
    stop: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await dir.remove();
    },
  };
}

async function respond(socket: Socket, request: JsonObject, script: Script): Promise<void> {
  const answer = await script(request);
  if (answer === undefined) socket.destroy();
  else if (typeof answer === 'string') socket.write(answer);
  else socket.write(`${JSON.stringify({ v: 1, id: request['id'], ...answer })}\n`);
}
