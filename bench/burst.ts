import { makeContainerId } from '../test/fixture/runtime.ts';
import { uniqueName } from '../test/fixture/unique.ts';
import { isObject, objectsIn, parseJson, textAt } from '../test/fixture/json.ts';
import { pluginCall, type Attachment, type Contender } from './contenders.ts';
import type { Batch, Measured } from './launcher.ts';
import type { Stage } from './stage.ts';
import { repeated } from './statistics.ts';

/** Attachments made and taken back by one contender. */
export interface Burst {
  readonly contender: string;
  readonly atOnce: number;
  readonly add: Batch;
  readonly del: Batch;
  /** What the calls that failed had to say. */
  readonly failures: { readonly add: readonly string[]; readonly del: readonly string[] };
  /** Addresses that were given more than once. */
  readonly duplicates: readonly string[];
}

export interface BurstOptions {
  readonly stage: Stage;
  readonly contender: Contender;
  readonly atOnce: number;
  /** Default: one per call that runs at once. */
  readonly count?: number;
  /** Watch memory instead of time. */
  readonly sample?: boolean;
}

/** ADDs all, then DELs all, also those that failed, as a runtime does. */
export async function burst(options: BurstOptions): Promise<Burst> {
  const { stage, contender, atOnce, count = atOnce, sample = false } = options;
  const attachments = contender.makeAttachments?.(count) ?? makeAttachments(stage, count);
  const add = await stage.launcher.run(
    attachments.map((attachment) => pluginCall('ADD', { contender, attachment, stage })),
    { atOnce, sample },
  );
  const del = await stage.launcher.run(
    attachments.map((attachment, index) => {
      const prevResult = resultOf(add.calls[index]);
      return pluginCall('DEL', { contender, attachment, stage, ...(prevResult === undefined ? {} : { prevResult }) });
    }),
    { atOnce, sample },
  );
  return {
    contender: contender.name,
    atOnce,
    add,
    del,
    failures: { add: failuresOf(add.calls), del: failuresOf(del.calls) },
    duplicates: contender.silent === true ? [] : repeated(add.calls.flatMap(addressesOf)),
  };
}

/** Spread over the sandboxes. No interface name comes twice: what a failed DEL has left is in nobody's way. */
export function makeAttachments(stage: Stage, count: number): readonly Attachment[] {
  return Array.from({ length: count }, (_, index) => ({
    containerId: makeContainerId(),
    netns: stage.sandboxes[index % stage.sandboxes.length] ?? '',
    ifname: uniqueName('net'),
  }));
}

export function resultOf(call: Measured | undefined): unknown {
  return call?.code === 0 ? parseJson(call.stdout) : undefined;
}

export function addressesOf(call: Measured): readonly string[] {
  const result = resultOf(call);
  return isObject(result) ? objectsIn(result['ips']).flatMap((ip) => textAt(ip, 'address') ?? []) : [];
}

export function failuresOf(calls: readonly Measured[]): readonly string[] {
  return calls.filter((call) => call.code !== 0).map(messageOf);
}

function messageOf(call: Measured): string {
  const error = parseJson(call.stdout);
  const text = isObject(error) ? textAt(error, 'msg') : undefined;
  return text ?? `exit code ${call.code}: ${call.stdout}${call.stderr}`.slice(0, 500);
}
