import { createInterface } from 'node:readline';
import { createChoice } from '../../src/agent/allocation/choice.ts';
import { createKnowingStore, type KnowingStore } from '../../src/agent/allocation/store.ts';
import { watchView, type View } from '../../src/agent/allocation/view.ts';
import type { Allocation } from '../../src/ipam/store.ts';
import { readKubeconfig } from '../../src/kube/kubeconfig.ts';
import { createApi } from '../../src/kube/watch/api.ts';
import { files } from '../../src/system/files.ts';
import { isObject, numberAt, parseJson } from '../../test/fixture/json.ts';
import { until } from '../../test/fixture/until.ts';

// As many agents as the second argument says, each of a Node of its own, in one process: crowd.ts talks to them.
const [kubeconfig = '', count = '1'] = process.argv.slice(2);

interface Agent {
  readonly view: View;
  readonly store: KnowingStore;
}

/** Changes of pools that came to an agent, of all agents together, and of allocations. */
let events = { pools: 0, allocations: 0 };

const access = readKubeconfig(files, kubeconfig);
const agents: Agent[] = [];
for (let first = 0; first < Number(count); first += 50) {
  const some = Array.from({ length: Math.min(50, Number(count) - first) }, (_, index) => agentOf(first + index));
  agents.push(...some);
  await until(() => some.every(({ view }) => view.synced()), {
    what: 'agents that know their Nodes',
    timeoutMs: 120_000,
  });
}
say({ synced: agents.length });
createInterface(process.stdin).on('line', (line) => {
  const question = parseJson(line);
  if (!isObject(question)) throw new Error(`no question: ${line}`);
  const figure = (key: string): number => numberAt(question, key) ?? 0;
  void work({ allocate: figure('allocate'), atOnce: figure('atOnce'), nodes: figure('nodes') }).then(say);
});

function agentOf(index: number): Agent {
  const node = `crowd-${index}`;
  const api = createApi(access, 'antrea-agent');
  const openWatch: typeof api.openWatch = (request) =>
    api.openWatch({
      ...request,
      onEvent: (event) => {
        if (event.type !== 'BOOKMARK') events[request.path.endsWith('/ippools') ? 'pools' : 'allocations'] += 1;
        request.onEvent(event);
      },
    });
  const view = watchView({
    api: { client: api.client, openWatch },
    nodeName: node,
    signal: new AbortController().signal,
    log: () => {},
    metrics: { watchRestarted: () => {} },
  });
  const store = createKnowingStore({ client: api.client, view, choice: createChoice(view.heldHere) });
  return { view, store };
}

interface Work {
  readonly allocate: number;
  readonly atOnce: number;
  readonly nodes: number;
}

/** Allocates so many, so many at once, each for the next Node; says what has come to the agents since the last time. */
async function work({ allocate, atOnce, nodes }: Work): Promise<object> {
  const times: number[] = [];
  const held: Allocation[] = [];
  let next = 0;
  let conflicts = 0;
  const begin = performance.now();
  const worker = async (): Promise<void> => {
    while (next < allocate) {
      const index = next++;
      const start = performance.now();
      const { allocation, met } = await allocateOne(`crowd-${index % nodes}`, index);
      times.push(performance.now() - start);
      held.push(allocation);
      conflicts += met;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - begin) / 1000;
  const seen = events;
  events = { pools: 0, allocations: 0 };
  for (const one of held) await agents[0]?.store.release(one);
  return { times, seconds, conflicts, events: seen };
}

/** By the first agent. @returns with how many others were faster */
async function allocateOne(
  node: string,
  index: number,
): Promise<{ readonly allocation: Allocation; readonly met: number }> {
  const [agent] = agents;
  if (agent === undefined) throw new Error('there is no agent');
  const { store } = agent;
  const { pool } = await store.readPool('crowded');
  const identity = { namespace: 'bench', name: `pod-${index}`, uid: '', containerID: `c-${index}`, ifName: 'net1' };
  let met = 0;
  for await (const address of store.candidates(pool)) {
    const owner = { network: 'crowd', pod: { ...identity, node } };
    const { created, allocation } = await store.create({ pool, address, owner });
    if (created) return { allocation, met };
    met += 1;
  }
  throw new Error('no address is free');
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
