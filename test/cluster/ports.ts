import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** How many files may run at the same time. */
export const lanes = 8;

/** Whose of them this is, by vitest's number of its process: so that nobody takes what another one has only chosen yet. */
export const lane = Number(process.env['VITEST_POOL_ID'] ?? 0) % lanes;

const given = new Set<number>();

/**
 * A TCP port that nothing listens on, below those that the kernel gives to outgoing connections: a
 * server that is down for a while, and starts again, still finds it free. Never the same twice.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + lanes * randomInt(1500) + lane;
    if (given.has(port) || !(await canListen(port))) continue;
    given.add(port);
    return port;
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
