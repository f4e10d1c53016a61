import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { isObject, parseJson, type JsonObject } from '../fixture/json.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { listenOnFreePort } from '../fixture/loopback.ts';

/** As much of an API server as the controller talks to, with many addresses that are held, and as many Pods. */
export interface CrowdedServer {
  /** Path of one that leads here. */
  readonly kubeconfig: string;
  /** `GET /path`, `WATCH /path`, … of every request that came. */
  readonly requests: () => readonly string[];
  /** Bodies of the writes of a pool's status. */
  readonly statuses: (pool: string) => readonly JsonObject[];
  /** The next Pod gets an address of `pool0`; the watch tells. */
  readonly holdOneMore: () => void;
  readonly stop: () => Promise<void>;
}

const pools = ['pool0', 'pool1', 'pool2', 'pool3'];
const group = '/apis/crd.antrea.io/v1beta1';

export async function startCrowdedServer(count: number): Promise<CrowdedServer> {
  const dir = makeTempDir('crowded');
  const requests: string[] = [];
  const statuses: { readonly pool: string; readonly body: JsonObject }[] = [];
  const watches = new Map<string, ServerResponse>();
  let held = count;
  const lists = new Map([
    [`${group}/ipallocations`, { size: () => held, item: allocation }],
    [`${group}/ippools`, { size: () => pools.length, item: pool }],
    ['/api/v1/pods', { size: () => count, item: pod }],
  ]);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const isWatch = url.searchParams.get('watch') === 'true';
    requests.push(`${isWatch ? 'WATCH' : (request.method ?? '')} ${url.pathname}`);
    const body = await bodyOf(request);
    const list = lists.get(url.pathname);
    if (isWatch) {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      watches.set(url.pathname, response);
    } else if (list === undefined) {
      const name = /\/ippools\/([^/]+)\/status$/.exec(url.pathname)?.[1];
      if (name !== undefined) statuses.push({ pool: name, body });
      // A Lease, or the state of a pool: whatever is written is taken.
      const whole: JsonObject = name === undefined ? {} : { ...pool(pools.indexOf(name)) };
      const resourceVersion = String(9e6 + requests.length);
      const metadata = { ...metadataOf(whole), ...metadataOf(body), resourceVersion };
      if (request.method === 'GET') send(response, { kind: 'Status', code: 404 }, 404);
      else send(response, { ...whole, ...body, metadata });
    } else send(response, pageOf(list, url.searchParams));
  };
  const server = createServer((request, response) => void answer(request, response));
  const port = await listenOnFreePort(server);
  return {
    kubeconfig: kubeconfigOf(dir.path, port),
    requests: () => requests,
    statuses: (name) => statuses.filter((one) => one.pool === name).map(({ body }) => body),
    holdOneMore: () => {
      held = held % 4 === 0 ? held : held + 4 - (held % 4);
      const event = { type: 'ADDED', object: allocation(held) };
      held += 1;
      watches.get(`${group}/ipallocations`)?.write(`${JSON.stringify(event)}\n`);
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await dir.remove();
    },
  };
}

function kubeconfigOf(dir: string, port: number): string {
  const path = join(dir, 'kubeconfig');
  const content = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'test', user: {} }],
  };
  writeFileSync(path, JSON.stringify(content));
  return path;
}

async function bodyOf(request: IncomingMessage): Promise<JsonObject> {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) text += String(part);
  const body = parseJson(text);
  return isObject(body) ? body : {};
}

function send(response: ServerResponse, body: object, status = 200): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}

interface List {
  readonly size: () => number;
  readonly item: (index: number) => object;
}

function pageOf({ size, item }: List, query: URLSearchParams): object {
  const from = Number(query.get('continue') ?? 0);
  const to = Math.min(size(), from + Number(query.get('limit') ?? 500));
  const items = Array.from({ length: to - from }, (_, index) => item(from + index));
  return { metadata: { resourceVersion: '8000000', ...(to < size() && { continue: String(to) }) }, items };
}

function pool(index: number): object {
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPPool',
    metadata: { ...stamp(`pool${index}`), generation: 1, finalizers: ['crd.antrea.io/ipallocations'] },
    spec: {
      ipRanges: [{ cidr: `10.${index}.0.0/16` }],
      subnetInfo: { gateway: `10.${index}.0.1`, prefixLength: 16, vlan: index },
    },
  };
}

/** With holes, as the addresses of a pool have after some time. */
function allocation(index: number): object {
  const offset = 2 + ((Math.floor(index / 4) * 37) % 65_000);
  const address = `10.${index % 4}.${offset >> 8}.${offset & 255}`;
  const name = `pool${index % 4}`;
  const { namespace, name: podName, uid } = podOf(index);
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPAllocation',
    metadata: {
      ...stamp(`${name}.${address}`),
      annotations: { 'antrea-cni/attempt': hash(`attempt ${index}`).slice(0, 32) },
      managedFields: [
        { manager: 'antrea', operation: 'Update', fieldsV1: { 'f:spec': { 'f:owner': { 'f:pod': {} } } } },
      ],
    },
    spec: {
      pool: name,
      poolUID: uuid(name),
      address,
      phase: 'Allocated',
      owner: {
        network: 'vlan100',
        pod: {
          namespace,
          name: podName,
          uid,
          containerID: hash(`c${index}`),
          ifName: 'net1',
          node: `node-${index % 1000}`,
        },
      },
    },
  };
}

function pod(index: number): object {
  const { namespace, name, uid } = podOf(index);
  const annotations = {
    'k8s.v1.cni.cncf.io/networks': 'vlan100',
    'k8s.v1.cni.cncf.io/network-status': 'x'.repeat(400),
  };
  const labels = { app: 'web', 'pod-template-hash': '6c7f9d' };
  return { kind: 'PartialObjectMetadata', metadata: { ...stamp(name), namespace, uid, annotations, labels } };
}

function podOf(index: number): { readonly namespace: string; readonly name: string; readonly uid: string } {
  const name = `deployment-${index % 200}-6c7f9d-${index}`;
  return { namespace: `team-${index % 50}`, name, uid: uuid(name) };
}

function stamp(name: string): { readonly name: string; readonly uid: string; readonly resourceVersion: string } {
  return { name, uid: uuid(`uid of ${name}`), resourceVersion: String(1e6 + (name.length % 7)) };
}

function uuid(seed: string): string {
  const hex = hash(seed);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

function hash(seed: string): string {
  return createHash('sha256').update(seed).digest('hex');
}

function metadataOf({ metadata }: JsonObject): JsonObject {
  return isObject(metadata) ? metadata : {};
}
