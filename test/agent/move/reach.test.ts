import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { answers, endpointsOf } from '../../../src/agent/move/reach.ts';
import { createResources } from '../../fixture/resources.ts';
import { listenOnFreePort } from '../../fixture/loopback.ts';

const resources = createResources();
afterEach(resources.release);

async function listening(): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  const port = await listenOnFreePort(server);
  resources.defer(async () => void server.close());
  return port;
}

/** No connection can be made to all at once. */
const nowhere = { host: '255.255.255.255', port: 6443 };

describe('a server', () => {
  it('is reached when it takes a connection, whatever the others do', async () => {
    const there = { host: '127.0.0.1', port: await listening() };
    expect(await answers([nowhere, there], Date.now() + 60_000)).toBe(true);
  });

  it('is reached when it refuses a connection: something is there to refuse it', async () => {
    expect(await answers([{ host: '127.0.0.1', port: 9 }], Date.now() + 60_000)).toBe(true);
  });

  it.each([['no connection can be made', [nowhere]] as const, ['there is none', []] as const])(
    'is not reached when %s, and that is known in time',
    async (_, endpoints) => {
      const begin = performance.now();
      expect(await answers(endpoints, Date.now() + 300)).toBe(false);
      expect(performance.now() - begin).toBeLessThan(30_000);
    },
  );
});

describe('the addresses of a server', () => {
  it.each([
    ['192.0.2.1', ['192.0.2.1']],
    ['2001:db8::1', ['2001:db8::1']],
    ['no.such.name.invalid', []],
  ])('of %s are %j', async (host, hosts) => {
    expect((await endpointsOf({ host, port: 6443 })).map((one) => one.host)).toEqual(hosts);
  });
});
