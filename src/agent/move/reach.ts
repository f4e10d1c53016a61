import { connect } from 'node:net';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { sleep } from '../../system/sleep.ts';
import type { Endpoint } from './journal.ts';

/** The addresses of a server; none when its name is not known now. */
export async function endpointsOf({ host, port }: Endpoint): Promise<readonly Endpoint[]> {
  if (isIP(host) !== 0) return [{ host, port }];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => ({ host: address, port }));
  } catch {
    return [];
  }
}

/**
 * Whether one of them accepts a connection before `until`; asks again and again.
 * @param until milliseconds since 1970
 */
export async function answers(endpoints: readonly Endpoint[], until: number): Promise<boolean> {
  for (;;) {
    const wait = Math.max(1, Math.min(attempt, until - Date.now()));
    const results = await Promise.all(endpoints.map((endpoint) => accepts(endpoint, wait)));
    if (results.includes(true)) return true;
    if (Date.now() >= until) return false;
    await sleep(100);
  }
}

/** Milliseconds for one connection. */
const attempt = 1000;

async function accepts({ host, port }: Endpoint, timeout: number): Promise<boolean> {
  const socket = connect({ host, port });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeout);
  socket.once('connect', () => resolve(true));
  // A server that says no has been reached.
  socket.once('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
