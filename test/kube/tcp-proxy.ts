import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Between clients and a server on loopback; it knows nothing of what it passes on. */
export interface TcpProxy {
  readonly port: number;
  /** From now on, what clients send is kept, also when they have gone. */
  readonly hold: () => void;
  /** Sends what was kept, and goes on as usual. */
  readonly release: () => void;
  readonly stop: () => Promise<void>;
}

export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let kept: (() => void)[] | undefined;
  const pass = (step: () => void): void => {
    if (kept === undefined) step();
    else kept.push(step);
  };
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    track(client);
    const upstream = track(connect({ port: target, host: '127.0.0.1', allowHalfOpen: true }));
    client.on('data', (chunk) => pass(() => void upstream.write(chunk)));
    upstream.on('data', (chunk) => void (client.writable && client.write(chunk)));
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    hold: () => {
      kept = [];
    },
    release: () => {
      const steps = kept ?? [];
      kept = undefined;
      for (const step of steps) step();
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
