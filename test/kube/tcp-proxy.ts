import { connect, createServer } from 'node:net';
import { listenOnFreePort } from '../fixture/loopback.ts';
import { trackSockets } from '../fixture/tracked-sockets.ts';

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
  const { track, closeWith } = trackSockets();
  let kept: (() => void)[] | undefined;
  const pass = (step: () => void): void => {
    if (kept === undefined) step();
    else kept.push(step);
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    track(client);
    const upstream = track(connect({ port: target, host: '127.0.0.1', allowHalfOpen: true }));
    client.on('data', (chunk) => pass(() => void upstream.write(chunk)));
    upstream.on('data', (chunk) => void (client.writable && client.write(chunk)));
    upstream.on('close', () => client.destroy());
  });
  const port = await listenOnFreePort(server);
  return {
    port,
    hold: () => {
      kept = [];
    },
    release: () => {
      const steps = kept ?? [];
      kept = undefined;
      for (const step of steps) step();
    },
    stop: () => closeWith(server),
  };
}
