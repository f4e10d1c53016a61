import { readdirSync } from 'node:fs';
import { accepted } from '../../test/cluster/api.ts';
import { readTable } from '../../test/cluster/tables.ts';
import type { Bed } from '../../test/e2e/bed.ts';
import { namespace, podsPath, podTemplate } from '../../test/e2e/pods.ts';
import { isObject, textAt } from '../../test/fixture/json.ts';
import { until } from '../../test/fixture/until.ts';
import type { KubeletContender } from './stage.ts';

/** One crowd of Pods, from its creation to its end. */
export interface Round {
  /** From the first request to the last Pod that is ready, in seconds. */
  readonly createS: number;
  /** From the first request to the last network namespace that is gone, in seconds. */
  readonly deleteS: number;
  /** Sandboxes that could not be made, as the kubelet's Events tell; it tries again. */
  readonly failedSandboxes: number;
  /** What it says of one of them. */
  readonly failure: string | undefined;
}

const tenMinutes = 600_000;

/** Requests at the same time: enough that the API server, and not we, sets the pace. */
const atOnce = 20;

/** @throws Error when the Pods do not all run, or end, within ten minutes */
export async function playRound(bed: Bed, contender: KubeletContender, count: number): Promise<Round> {
  const names = Array.from({ length: count }, (_, index) => `crowd-${index}`);
  const earlier = await readFailures(bed);
  const createS = await timed(async () => {
    await forEach(names, (name) => create(bed, contender, name));
    await until(() => allReady(bed, count), { what: `${count} ready Pods`, timeoutMs: tenMinutes, everyMs: 200 });
  });
  const deleteS = await timed(async () => {
    await forEach(names, async (name) => void accepted(await bed.admin.remove(`${podsPath}/${name}`)));
    await until(() => allGone(bed), { what: 'the end of all Pods', timeoutMs: tenMinutes, everyMs: 200 });
  });
  await bed.empty(tenMinutes);
  const failures = await readFailures(bed);
  const failure = failures.messages.find((message) => !earlier.messages.includes(message));
  return { createS, deleteS, failedSandboxes: failures.count - earlier.count, failure };
}

/** When the container runtime knows of no sandbox any more, be it one that has ended. */
export async function settle({ capsule }: Bed): Promise<void> {
  const none = async (): Promise<boolean> =>
    (await capsule.exec('ctr', '--namespace', 'k8s.io', 'containers', 'list', '--quiet')) === '';
  await until(none, { what: 'a runtime without sandboxes', timeoutMs: tenMinutes, everyMs: 500 });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

async function forEach(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const left = [...names];
  const worker = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function create({ admin }: Bed, { networks, runtimeClass }: KubeletContender, name: string): Promise<void> {
  const { metadata, spec } = podTemplate({ name, networks, runtimeClass });
  accepted(await admin.post(podsPath, { metadata: { ...(isObject(metadata) && metadata), name }, spec }));
}

/** A table from the cache of the API server: a list of whole Pods, five times a second, would be noticed. */
async function allReady({ admin }: Bed, count: number): Promise<boolean> {
  const [head = [], ...rows] = await readTable(admin, `${podsPath}?resourceVersion=0`);
  const [ready, status] = [head.indexOf('Ready'), head.indexOf('Status')];
  const running = rows.filter((row) => row[ready] === '1/1' && row[status] === 'Running');
  return running.length === count;
}

async function allGone({ admin, capsule }: Bed): Promise<boolean> {
  if (readdirSync(capsule.hostPath('/run/netns')).length > 0) return false;
  const [, ...rows] = await readTable(admin, `${podsPath}?resourceVersion=0`);
  return rows.length === 0;
}

interface Failures {
  readonly count: number;
  readonly messages: readonly string[];
}

/** An Event stands for as many as its `count` says. */
async function readFailures({ admin }: Bed): Promise<Failures> {
  const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=reason%3DFailedCreatePodSandBox`;
  const events = await admin.list(path);
  return {
    count: events.reduce((sum, { count }) => sum + (typeof count === 'number' ? count : 1), 0),
    messages: events.flatMap((event) => textAt(event, 'message') ?? []),
  };
}
