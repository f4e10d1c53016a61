import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/plugin/main.ts';
import type { Outcome } from '../../src/system/exec.ts';
import { files } from '../../src/system/files.ts';
import { isObject, numberAt, parseJson, textAt } from '../fixture/json.ts';
import { createResources } from '../fixture/resources.ts';
import { startFakeApiServer, type FakeApiServer } from '../kube/fake-api-server.ts';
import { done, memory, recordedStart, type Run } from './harness.ts';
import { nastyTexts } from './texts.ts';

// What a tenant can write into a network and a Pod's annotation, without Multus: programs are recorded, not run.

const resources = createResources();
const definitions = '/apis/k8s.cni.cncf.io/v1/namespaces/shop/network-attachment-definitions';
const pod = '/api/v1/namespaces/shop/pods/web';
let api: FakeApiServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(memory, 'antrea-hostile-native-'));
  resources.defer(() => rmSync(folder, { recursive: true, force: true }));
  api = await startFakeApiServer();
  resources.defer(() => api.close());
  mkdirSync(join(folder, 'bin'));
  for (const name of ['macvlan', 'static', 'evil']) writeFileSync(join(folder, 'bin', name), '', { mode: 0o755 });
  const access = {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
    clusters: [{ name: 'c', cluster: { server: api.url } }],
    users: [{ name: 'c', user: { token: 't' } }],
  };
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(access));
  const node = { kubeconfig: join(folder, 'kubeconfig'), nodeName: 'n', dataDir: join(folder, 'data') };
  writeFileSync(join(folder, 'node.json'), JSON.stringify({ ...node, ovsDriver: 'ovs-vsctl', logLevel: 'error' }));
});
afterAll(resources.release);

const macvlan = { cniVersion: '1.0.0', type: 'macvlan', master: 'eth1' };

const vlan = { cniVersion: '1.0.0', type: 'antrea', networkType: 'vlan', vlan: 100 };

/** Where a text of a tenant's stands in the network, or in the Pod's annotation. */
const places: readonly { readonly place: string; readonly wish: (text: string) => Wish }[] = [
  ...['type', 'name', 'cniVersion', 'master', 'Ipam', 'ipam', 'mac', 'networkType', 'plugins', 'args', 'x'].map(
    (key) => ({ place: key, wish: (text: string) => ({ config: { ...macvlan, [key]: text } }) }),
  ),
  { place: 'a key', wish: (text) => ({ config: { ...macvlan, [text]: { type: 'evil' } } }) },
  { place: 'ipam.type', wish: (text) => ({ config: { ...macvlan, ipam: { type: text } } }) },
  { place: 'a key of ipam', wish: (text) => ({ config: { ...macvlan, ipam: { type: 'static', [text]: 'evil' } } }) },
  { place: 'ipam.dataDir', wish: (text) => ({ config: { ...macvlan, ipam: { type: 'static', DATADIR: text } } }) },
  { place: 'type of a list', wish: (text) => ({ config: { name: 'l', plugins: [macvlan, { type: text }] } }) },
  ...['bridge', 'mac', 'vlan', 'trunk', 'ipam', 'name'].map((key) => ({
    place: `${key} of a VLAN network`,
    wish: (text: string) => ({ config: { ...vlan, [key]: text } }),
  })),
  ...['interface', 'mac'].map((key) => ({
    place: `${key} of the annotation, for a VLAN network`,
    wish: (text: string) => ({ config: vlan, annotation: JSON.stringify([{ name: 'hostile', [key]: text }]) }),
  })),
  { place: 'the network as it is', wish: (text) => ({ config: text }) },
  { place: 'the annotation as it is', wish: (text) => ({ annotation: text }) },
  ...['name', 'namespace', 'interface', 'mac', 'deviceID', 'infiniband-guid', 'ipam-claim-reference'].map((key) => ({
    place: `${key} of the annotation`,
    wish: (text: string) => ({ annotation: JSON.stringify([{ name: 'hostile', [key]: text }]) }),
  })),
  ...['ips', 'default-route'].map((key) => ({
    place: `${key} of the annotation`,
    wish: (text: string) => ({ annotation: JSON.stringify([{ name: 'hostile', [key]: [text] }]) }),
  })),
];

test('a network that is allowed has its plugin run', async () => {
  const { runs, code, msg } = await add({ config: { ...macvlan, ipam: { type: 'static' } } });
  expect(code, msg).toBeUndefined();
  expect(runs.map(({ command }) => command)).toContain(join(folder, 'bin/macvlan'));
});

test('a network that only a careless reader takes for allowed has nothing run', async () => {
  for (const config of [
    '{"type":"evil"}',
    '{"type":"macvlan","IPAM":{"type":"evil"}}',
    '{"type":"macvlan","Type":"evil"}',
  ])
    expect((await add({ config })).runs).toEqual([]);
});

describe.each(places)('a hostile text in $place', ({ wish }) => {
  test('has no program run but those that are allowed, with harmless words', async () => {
    for (const text of nastyTexts) {
      const { runs, code, msg } = await add(wish(text));
      expect([undefined, 1, 2, 6, 7, 11, 101, 102], `${JSON.stringify(text)}: ${msg}`).toContain(code);
      for (const run of runs) judge(run);
    }
  });
});

interface Wish {
  /** Of the network `hostile`. */
  readonly config?: unknown;
  readonly annotation?: string;
}

function judge({ command, args, env = {}, input = '' }: Run): void {
  expect(['ip', 'nsenter', 'ovs-vsctl', join(folder, 'bin/macvlan'), join(folder, 'bin/static')]).toContain(command);
  // What follows -c is a script of ours: it is the same whatever is attached.
  const words = [command, ...args.filter((_, index) => args[index - 1] !== '-c'), ...Object.values(env)];
  expect(words.filter((word) => /[\0\n]/u.test(word))).toEqual([]);
  if (command === 'ovs-vsctl') expect(foreignOptions(args)).toEqual([]);
  if (command === 'ip' || command === 'nsenter') expect(input).toMatch(/^[\w ./:@+\n-]*$/u);
}

/** Those that are ours. */
const ovsOptions = ['--', '--bare', '--columns', '--db', '--format', '--if-exists', '--timeout'];

function foreignOptions(args: readonly string[]): readonly string[] {
  const options = args.filter((word) => word.startsWith('-')).map((word) => word.replace(/=.*/su, ''));
  return options.filter((option) => !ovsOptions.includes(option));
}

async function add({ config = macvlan, annotation = 'hostile' }: Wish) {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  api.objects.put(`${definitions}/hostile`, { metadata: { name: 'hostile' }, spec: { config: text } });
  const annotations = { 'k8s.v1.cni.cncf.io/networks': annotation };
  for (const path of [pod, `${pod}/status`]) api.objects.put(path, { metadata: { name: 'web', annotations } });
  const runs: Run[] = [];
  let stdout = '';
  await main({
    env: {
      ANTREA_NODE_CONFIG: join(folder, 'node.json'),
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: 'c',
      CNI_NETNS: '/proc/self/ns/net',
      CNI_IFNAME: 'eth0',
      CNI_PATH: join(folder, 'bin'),
      CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web',
    },
    argv0: 'antrea',
    files,
    exec: (command, args, options) => {
      runs.push({ command, args, ...options });
      return answerTo(args);
    },
    start: recordedStart(runs, (_, args) => answerTo(args)),
    readStdin: () =>
      Buffer.from(
        JSON.stringify({
          cniVersion: '1.0.0',
          name: 'pods',
          type: 'antrea',
          networkType: 'secondary',
          prevResult: { cniVersion: '1.0.0', interfaces: [], ips: [] },
        }),
      ),
    writeStdout: (more) => {
      stdout += more;
    },
    writeStderr: () => undefined,
    isOwnNetns: () => false,
  });
  rmSync(join(folder, 'data'), { recursive: true, force: true });
  const answer = parseJson(stdout);
  const error = isObject(answer) ? answer : {};
  return { runs, code: numberAt(error, 'code'), msg: textAt(error, 'msg') ?? '' };
}

/** There is no interface of that name yet; what plugins make is not looked at. */
function answerTo(args: readonly string[]): Outcome {
  return args.includes('show') ? { ...done, code: 1 } : { ...done, stdout: '{"cniVersion":"1.0.0","ips":[]}' };
}
