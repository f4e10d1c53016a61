import { chmodSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFilePools } from '../../src/ipam/file/pools.ts';
import { hostAddress, linkWithHost } from '../cluster/reach.ts';
import { run } from '../fixture/command.ts';
import { isObject, parseJson, type JsonObject } from '../fixture/json.ts';
import { errorOf, resultOf, succeeded } from '../fixture/outcome.ts';
import { createResources } from '../fixture/resources.ts';
import { manifest } from '../ipam/sample.ts';
import { startScene, type Sandbox, type Scene } from './stress/scene.ts';
import { listenOnFreePort } from '../fixture/loopback.ts';

// ADD begins to make the veth pair, in a process of its own, while it waits for the addresses.

let scene: Scene;
const resources = createResources();
beforeAll(async () => {
  scene = await startScene();
  resources.defer(() => scene.stop());
  const pools = createFilePools({ dataDir: scene.node.dataDir, now: () => new Date() });
  const full = [
    { name: 'full', ranges: ['10.8.0.10-10.8.0.10'], gateway: '10.8.0.1', vlan: 100 },
    { name: 'full-six', ranges: ['fd00:8::10-fd00:8::10'], gateway: 'fd00:8::1', prefixLength: 64, vlan: 100 },
  ];
  for (const one of full) await pools.applyPool(manifest(one), { force: false });
  resultOf(await scene.runtime.add(sandboxWith({ ippools: full.map(({ name }) => name) })));
});
afterAll(resources.release);

/** An attachment to a VLAN network with this `ipam`, of our own type unless it has another one. */
function sandboxWith(ipam: JsonObject, networkName = 'net'): Sandbox {
  const sandbox = scene.sandbox('vlan', networkName);
  const config = isObject(sandbox.config) ? sandbox.config : {};
  const own = isObject(config['ipam']) ? config['ipam']['type'] : undefined;
  return { ...sandbox, config: { ...config, ipam: { type: own, ...ipam } } };
}

/** The same, of a Node whose store is behind that API server, or whose calls may take that many seconds. */
function onNodeWith(sandbox: Sandbox, keys: JsonObject): Sandbox {
  const path = join(scene.node.dir, `node-${sandbox.ifname}.json`);
  const content = parseJson(readFileSync(scene.node.nodeFile, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...(isObject(content) ? content : {}), ...keys }));
  return { ...sandbox, env: { ...sandbox.env, ANTREA_NODE_CONFIG: path } };
}

function inCluster(sandbox: Sandbox, server: string): Sandbox {
  const kubeconfig = join(scene.node.dir, `kubeconfig-${sandbox.ifname}.json`);
  const named = { name: 'c' };
  const content = {
    'current-context': 'c',
    contexts: [{ ...named, context: { cluster: 'c', user: 'c' } }],
    clusters: [{ ...named, cluster: { server } }],
    users: [{ ...named, user: { token: 't' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(content));
  return onNodeWith(sandbox, { store: 'kubernetes', kubeconfig, nodeName: 'node-1', timeoutSeconds: 3 });
}

/** With an IPAM plugin that notes which processes the attachment has, and then behaves like that. */
function sandboxWithPlugin(name: string, behaviour: string, networkName = 'net'): Sandbox {
  const path = join(scene.node.dir, name);
  const script = `#!/bin/sh
cd ${scene.node.dir}
if [ "$CNI_COMMAND" = ADD ]; then
  for one in /proc/[0-9]*; do
    grep -qs "ANTREA_ATTACHMENT=$ANTREA_ATTACHMENT" $one/environ && cat $one/comm
  done >>${name}.seen 2>/dev/null
  ${behaviour}
fi
`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  const sandbox = sandboxWith({ type: name }, networkName);
  const CNI_PATH = [scene.node.dir, dirname(scene.runtime.executable)].join(':');
  return { ...sandbox, env: { CNI_PATH } };
}

/** What ran for the attachment when that plugin was asked for addresses. */
function seenBy(name: string): readonly string[] {
  return readFileSync(join(scene.node.dir, `${name}.seen`), 'utf8')
    .trim()
    .split('\n');
}

/** Processes that were told of the sandbox, are in the Pod's network namespace, or have it open; this one has not. */
function processesOf({ containerId }: Sandbox): readonly string[] {
  const { ino } = statSync(scene.pod.path);
  const isNetns = (path: string): boolean => linkOf(path) === `net:[${ino}]`;
  return namesIn('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map((pid) => `/proc/${pid}`)
    .filter(
      (path) =>
        isNetns(`${path}/ns/net`) ||
        namesIn(`${path}/fd`).some((fd) => isNetns(`${path}/fd/${fd}`)) ||
        environmentOf(path).includes(`CNI_CONTAINERID=${containerId}`),
    );
}

function environmentOf(path: string): readonly string[] {
  return orElse([], () => readFileSync(`${path}/environ`, 'utf8').split('\0'));
}

function linkOf(path: string): string {
  return orElse('', () => readlinkSync(path));
}

function namesIn(folder: string): readonly string[] {
  return orElse([], () => readdirSync(folder));
}

/** What has ended meanwhile says nothing. */
function orElse<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

async function everythingOf(sandbox: Sandbox): Promise<readonly string[]> {
  return [...(await scene.left(sandbox)), ...processesOf(sandbox)];
}

describe('an ADD that gets no addresses leaves no process, and nothing else', () => {
  it.each<readonly [string, number, () => Sandbox | Promise<Sandbox>]>([
    ['the pool is exhausted', 101, () => sandboxWith({ ippools: ['full'] })],
    ['it got an IPv4 address, but no IPv6 one', 101, () => sandboxWith({ ippools: ['sample', 'full-six'] })],
    ['the pool is unknown', 101, () => sandboxWith({ ippools: ['nobody'] })],
    ['the API server is gone', 11, () => inCluster(sandboxWith({ ippools: ['sample'] }), 'http://127.0.0.1:9')],
    ['the API server is silent', 11, async () => inCluster(sandboxWith({ ippools: ['sample'] }), await silentServer())],
    ['another IPAM plugin refuses', 101, () => sandboxWithPlugin('refuses', 'exit 1')],
    ['another IPAM plugin says nothing', 101, () => sandboxWithPlugin('silent', 'exit 0')],
    [
      'another IPAM plugin hangs',
      11,
      () => onNodeWith(sandboxWithPlugin('hangs', 'exec sleep 60'), { timeoutSeconds: 2 }),
    ],
  ])('when %s', async (_, code, prepare) => {
    const sandbox = await prepare();
    expect(errorOf(await scene.runtime.add(sandbox)).code).toBe(code);
    expect(await everythingOf(sandbox)).toEqual([]);
    succeeded(await scene.runtime.del(sandbox));
    expect(await everythingOf(sandbox)).toEqual([]);
  });
});

/** Within reach of the Node: it takes connections, and never answers. */
async function silentServer(): Promise<string> {
  const link = await linkWithHost(scene.node.netns);
  resources.defer(link.remove);
  const server = createServer();
  const port = await listenOnFreePort(server, hostAddress);
  resources.defer(async () => void server.close());
  return `https://${hostAddress}:${port}`;
}

describe('a plugin that is killed while it waits for addresses leaves nothing', () => {
  const kill = 'kill -s KILL $PPID; exec sleep 60';

  it.each(['DEL', 'GC'])('after %s', async (verb) => {
    const [name, networkName] = [`kills-${verb}`, `killed-${verb.toLowerCase()}`];
    const sandbox = sandboxWithPlugin(name, kill, networkName);
    const { argv, ...options } = scene.runtime.invocation('ADD', sandbox);
    expect((await run(argv, options)).signal).toBe('SIGKILL');
    // It was the moment that is meant.
    expect(seenBy(name)).toContain('ip');
    succeeded(await (verb === 'DEL' ? scene.runtime.del(sandbox) : scene.collect('vlan', networkName)));
    expect(await everythingOf(sandbox)).toEqual([]);
  });
});
