import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A TCP port that nothing listens on, below those that the kernel gives to outgoing connections: a
 * server that is down for a while, and starts again, still finds it free.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await canListen(port)) return port;
  }
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
