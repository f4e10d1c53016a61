import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseListen, serveHttp } from '../../src/system/http.ts';
import { failureOf, rejectionOf } from '../failure-of.ts';
import { createResources } from '../fixture/resources.ts';

const resources = createResources();
afterEach(resources.release);

const figures = async (): Promise<string> => 'antrea_controller_leader 1\n';

async function serve(notReady?: string, text = figures): Promise<number> {
  const metrics = { text, contentType: 'text/plain; version=0.0.4' };
  const server = await serveHttp({ listen: { host: '127.0.0.1', port: 0 }, metrics, notReady: () => notReady });
  resources.defer(() => server.close());
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the port of metrics and health', () => {
  it.each([
    ['/healthz', undefined, 200, 'ok\n'],
    ['/healthz', 'pools are not known yet', 200, 'ok\n'],
    ['/readyz', undefined, 200, 'ok\n'],
    ['/readyz', 'pools are not known yet', 503, 'pools are not known yet\n'],
    ['/metrics', undefined, 200, 'antrea_controller_leader 1\n'],
    ['/metrics?x=y', undefined, 200, 'antrea_controller_leader 1\n'],
    ['/', undefined, 404, 'expected /healthz, /readyz or /metrics\n'],
  ] as const)('answers %s while %s is missing with %i', async (...[path, missing, status, text]) => {
    const response = await fetch(`http://127.0.0.1:${await serve(missing)}${path}`);
    expect([response.status, await response.text()]).toEqual([status, text]);
  });

  it('says why there are no metrics, and goes on', async () => {
    const port = await serve(undefined, () => Promise.reject(new Error('no figures')));
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect([response.status, await response.text()]).toEqual([500, 'no figures\n']);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });

  it('goes on when a connection cannot be accepted for want of memory, say', async () => {
    const metrics = { text: figures, contentType: '' };
    const server = await serveHttp({ listen: { host: '127.0.0.1', port: 0 }, metrics, notReady: () => undefined });
    resources.defer(() => server.close());
    expect(() => server.emit('error', new Error('accept ENOBUFS'))).not.toThrow();
  });

  it('has to be free', async () => {
    const port = await serve();
    const metrics = { text: async () => '', contentType: '' };
    const second = serveHttp({ listen: { host: '127.0.0.1', port }, metrics, notReady: () => undefined });
    expect(await rejectionOf(second)).toMatch(/^config: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/u);
  });

  it.each([
    [':10350', { host: undefined, port: 10_350 }],
    ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
  ])('is told by --listen %s', (text, listen) => expect(parseListen(text)).toEqual(listen));

  it.each(['10350', '', ':', ':65536', '::1:80', '[::1]', 'http://a:80'])('is not told by --listen %s', (text) => {
    expect(failureOf(() => parseListen(text))).toMatch(/^config: --listen .* is malformed: expected/u);
  });
});
