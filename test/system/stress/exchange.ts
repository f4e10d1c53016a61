import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { run } from '../../fixture/command.ts';
import { isObject, parseJson } from '../../fixture/json.ts';
import { createResources } from '../../fixture/resources.ts';
import type { TestNode } from '../../fixture/node.ts';
import type { Invocation } from '../../fixture/runtime.ts';
import { makeTempDir } from '../../fixture/unique.ts';

/** A moment in the plugin's conversation with ovsdb-server. */
export interface Exchange {
  /** Of the request, from 1. */
  readonly nth: number;
  /** `before`: the request is on its way, and never arrives. `after`: it has been served; the answer never arrives. */
  readonly when: 'before' | 'after';
}

export function describe({ nth, when }: Exchange): string {
  return `${when} request number ${nth} to ovsdb-server`;
}

/** Runs the plugin with somebody between it and ovsdb-server who kills it at the given moment. */
export async function runUntil(node: TestNode, invocation: Invocation, exchange: Exchange): Promise<void> {
  const resources = createResources();
  try {
    const { path } = await resources.use(makeTempDir('exchange'));
    const [socket, pid, nodeFile] = ['db.sock', 'plugin', 'node.json'].map((name) => join(path, name));
    if (socket === undefined || pid === undefined || nodeFile === undefined) throw new Error('no paths');
    const settings = parseJson(readFileSync(node.nodeFile, 'utf8'));
    if (!isObject(settings)) throw new Error(`${node.nodeFile} is no Node file`);
    writeFileSync(nodeFile, JSON.stringify({ ...settings, ovsdb: `unix:${socket}` }));
    const kill = (): void => void process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
    const server = createServer((plugin) => relay(plugin, { node, exchange, kill })).listen(socket);
    await once(server, 'listening');
    resources.defer(() => server.close());
    const [executable = '', ...before] = invocation.argv.toReversed();
    const argv = [...before.toReversed(), 'sh', '-c', `echo $$ >${pid} && exec "$@"`, 'sh', executable];
    const env = { ...invocation.env, ANTREA_NODE_CONFIG: nodeFile };
    const { signal, stdout } = await run(argv, { ...invocation, env });
    if (signal !== 'SIGKILL') throw new Error(`it was not killed ${describe(exchange)}: ${stdout}`);
  } finally {
    await resources.release();
  }
}

interface Relay {
  readonly node: TestNode;
  readonly exchange: Exchange;
  readonly kill: () => void;
}

/** A request comes in one piece: the plugin waits for its answer before the next. */
function relay(plugin: Socket, { node, exchange: { nth, when }, kill }: Relay): void {
  const server = connect(node.ovs.socket.replace(/^unix:/u, ''));
  let requests = 0;
  for (const socket of [plugin, server]) {
    socket.on('error', () => {});
    socket.on('close', () => {
      plugin.destroy();
      server.destroy();
    });
  }
  plugin.on('data', (bytes) => {
    requests += 1;
    if (requests === nth && when === 'before') kill();
    else server.write(bytes);
  });
  server.on('data', (bytes) => {
    if (requests === nth && when === 'after') kill();
    else plugin.write(bytes);
  });
}
