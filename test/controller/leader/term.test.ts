import { expect, it } from 'vitest';
import { clientOfTerm } from '../../../src/controller/leader/term.ts';
import type { KubeRequest } from '../../../src/kube/client.ts';

it('who leads no more begins no request: neither the second of two that belong together, nor a first one', async () => {
  const sent: string[] = [];
  const term = new AbortController();
  const send = async ({ path }: KubeRequest) => {
    sent.push(path);
    term.abort();
    return { status: 200, body: {}, uncertain: false };
  };
  const client = clientOfTerm({ server: 'test', close: () => {}, send }, term.signal);
  expect(await client.send({ method: 'GET', path: '/first' })).toMatchObject({ status: 200 });
  await expect(client.send({ method: 'PATCH', path: '/second' })).rejects.toThrow('leads no more');
  expect(sent).toEqual(['/first']);
});
