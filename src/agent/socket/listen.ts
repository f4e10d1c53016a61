import fs from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { basename, dirname, join } from 'node:path';
import { Failure, messageOf } from '../../system/failure.ts';
import { unlessMissing } from '../../system/files.ts';

export interface Listening {
  /** Whether whoever opens the path reaches us. */
  readonly isOurs: () => boolean;
  /** Ends every connection, too. */
  readonly close: () => Promise<void>;
}

/** More at once find the API server by themselves. */
const maxConnections = 1024;

/**
 * Listens on a Unix socket for root alone: Node cannot tell who is at the other end, so the file system keeps others
 * out. The socket takes its place in one step, so that a plugin that starts meanwhile reaches the old one or the new one.
 * @throws Failure `config` when the path cannot be used
 */
export async function listenOn(path: string, serve: (socket: Socket) => void): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.maxConnections = maxConnections;
  try {
    prepareFolder(dirname(path));
    const inode = await takePlace(server, path);
    // Of one connection that could not be accepted: the plugin goes its own way.
    server.on('error', () => {});
    const isOurs = (): boolean => unlessMissing(() => fs.statSync(path).ino) === inode;
    return {
      isOurs,
      close: async () => {
        try {
          if (isOurs()) fs.rmSync(path);
        } finally {
          const closed = once(server, 'close');
          server.close();
          for (const socket of sockets) socket.destroy();
          await closed;
        }
      },
    };
  } catch (cause) {
    server.close();
    throw new Failure('config', `agentSocket: cannot listen on ${path}: ${messageOf(cause)}`, { cause });
  }
}

function prepareFolder(folder: string): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = fs.statSync(folder);
  if (uid === process.geteuid?.() && (mode & 0o022) === 0) return;
  throw new Error(`others may write into ${folder}: expected a folder of root's own (mode 0700)`);
}

/** @returns the inode of the socket */
async function takePlace(server: Server, path: string): Promise<number> {
  const own = join(dirname(path), `.${basename(path)}.${process.pid}`);
  fs.rmSync(own, { force: true });
  server.listen({ path: own, backlog: maxConnections });
  await once(server, 'listening');
  try {
    fs.chmodSync(own, 0o600);
    fs.renameSync(own, path);
  } finally {
    fs.rmSync(own, { force: true });
  }
  return fs.statSync(path).ino;
}
