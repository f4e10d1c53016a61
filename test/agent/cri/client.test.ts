import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openRuntime } from '../../../src/agent/cri/client.ts';
import { runtimesBy } from '../../../src/agent/cri/known.ts';
import { runtimeSockets } from '../../../src/agent/cri/sockets.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { startFakeRuntime, startOtherServer } from './fake-runtime.ts';

const resources = createResources();
afterEach(resources.release);

async function folder(): Promise<string> {
  return (await resources.use(makeTempDir('cri'))).path;
}

const open = async (socket: string) => openRuntime(socket);

describe('a container runtime', () => {
  it('says its name, and which sandboxes it has', async () => {
    const runtime = await resources.use(startFakeRuntime(join(await folder(), 'a.sock')));
    runtime.sandboxes.set('c1', 'ready').set('c2', 'not-ready');
    const client = openRuntime(runtime.socket);
    resources.defer(client.close);
    expect(await client.version()).toBe('fake 1.2.3');
    expect(await client.listSandboxes()).toEqual([
      { id: 'c1', state: 'ready' },
      { id: 'c2', state: 'not-ready' },
    ]);
  });

  it('that hangs is said to do so in the same words each time, lest the log has a line for each', async () => {
    const socket = join(await folder(), 'a.sock');
    const server = createServer(() => {});
    server.listen(socket);
    await once(server, 'listening');
    resources.defer(async () => void server.close());
    const client = openRuntime(socket, 100);
    resources.defer(client.close);
    const problem = `the container runtime at ${socket} does not answer: nothing came within 0.1 s`;
    for (const _ of [1, 2]) await expect(client.listSandboxes()).rejects.toThrow(problem);
  });

  it('is asked again after it was away', async () => {
    const socket = join(await folder(), 'a.sock');
    const runtimes = runtimesBy(open);
    resources.defer(runtimes.close);
    const before = await runtimes.list({ paths: [socket], configured: false });
    expect(before.stateOf('c1')).toBe('unknown');
    expect(before.problem).toMatch(/^the container runtime at .*a.sock does not answer: /u);
    const runtime = await resources.use(startFakeRuntime(socket));
    runtime.sandboxes.set('c1', 'ready');
    await expect
      .poll(async () => (await runtimes.list({ paths: [socket], configured: false })).stateOf('c1'), {
        timeout: 60_000,
      })
      .toBe('ready');
  });
});

describe('what is known of sandboxes', () => {
  it.each([
    { from: 'one that has a ready one', lists: [['c1']], states: { c1: 'ready', c9: 'absent' }, trusted: true },
    { from: 'one that has none', lists: [[]], states: { c1: 'absent' }, trusted: false },
    { from: 'two', lists: [['c1'], ['c2']], states: { c1: 'ready', c2: 'ready', c9: 'absent' }, trusted: true },
    {
      from: 'one, and one that does not answer',
      lists: [['c1'], undefined],
      states: { c1: 'ready', c9: 'unknown' },
      trusted: false,
    },
    { from: 'none', lists: [], states: { c1: 'unknown' }, trusted: false },
  ] as const)('from $from', async ({ lists, states, trusted }) => {
    const dir = await folder();
    const sockets = lists.map((_list, at) => join(dir, `${at}.sock`));
    for (const [at, list] of lists.entries()) {
      if (list === undefined) continue;
      const { sandboxes } = await resources.use(startFakeRuntime(join(dir, `${at}.sock`)));
      for (const id of list) sandboxes.set(id, 'ready');
    }
    const runtimes = runtimesBy(open);
    resources.defer(runtimes.close);
    const known = await runtimes.list({ paths: sockets, configured: false });
    expect(Object.fromEntries(Object.keys(states).map((id) => [id, known.stateOf(id)]))).toEqual(states);
    expect(known.trusted).toBe(trusted);
  });

  it('is nothing from a server that knows no sandboxes of Pods, which is a problem where it is configured', async () => {
    const socket = join(await folder(), 'a.sock');
    await resources.use(startOtherServer(socket));
    const runtimes = runtimesBy(open);
    resources.defer(runtimes.close);
    const known = await runtimes.list({ paths: [socket], configured: false });
    expect([known.stateOf('c1'), known.trusted, known.problem]).toEqual(['unknown', false, undefined]);
    const named = await runtimes.list({ paths: [socket], configured: true });
    expect([named.stateOf('c1'), named.trusted]).toEqual(['unknown', false]);
    expect(named.problem).toContain(`what listens at ${socket} is no container runtime with CRI v1`);
  });
});

function there(...paths: readonly string[]) {
  return { exists: (path: string) => paths.includes(path) };
}

describe('where a runtime is looked for', () => {
  it.each([
    ['unix:///run/x.sock', [], ['/run/x.sock']],
    ['/run/x.sock', [], ['/run/x.sock']],
    [undefined, ['/run/crio/crio.sock'], ['/run/crio/crio.sock']],
    [undefined, [], []],
  ] as const)('configured as %s, with %j there: %j', (configured, paths, expected) => {
    const wanted = { paths: expected, configured: configured !== undefined };
    expect(runtimeSockets(there(...paths), configured)).toEqual(wanted);
  });
});
