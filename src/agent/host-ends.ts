import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { hostOrder, type HostEnd } from '../net/ip-orders.ts';
import { Failure } from '../system/failure.ts';

/** Sets up the host's ends of veth pairs, with one `ip` for those of all Pods: to start one takes longer than its work. */
export interface HostEnds {
  /** @throws Failure `wiring` when one of them is refused, `unavailable` when there is no answer */
  readonly set: (ends: readonly HostEnd[]) => Promise<void>;
  /** Ends the program. It is started again when it is needed. */
  readonly close: () => void;
}

export interface HostEndsOptions {
  /** What runs `ip`. Default: nothing, it runs where we do. */
  readonly within?: readonly string[];
  /** Milliseconds until an answer must have come. */
  readonly patience?: number;
}

export function createHostEnds({ within = [], patience = 3000 }: HostEndsOptions = {}): HostEnds {
  let batch: Batch | undefined;
  return {
    set: async (ends) => {
      const hasIPv6 = existsSync('/proc/sys/net/ipv6');
      const orders = ends.map((end) => hostOrder(end, hasIPv6));
      if (batch === undefined || batch.isOver()) batch = startBatch(within);
      const [complaint] = await batch.run(orders, patience);
      if (complaint !== undefined) throw new Failure('wiring', `the host's end cannot be set up: ${complaint}`);
    },
    close: () => batch?.end(),
  };
}

interface Batch {
  /** @returns what `ip` complains of */
  readonly run: (orders: readonly string[], patience: number) => Promise<readonly string[]>;
  readonly isOver: () => boolean;
  readonly end: () => void;
}

interface Asked extends PromiseWithResolvers<readonly string[]> {
  readonly complaints: string[];
}

/** `ip` goes on after an error, and shows a link at once: one that is always there tells how far it has come. */
const marker = 'link show dev lo';
const isMarker = /^lo\s/;

/** What it complains of comes in the same stream, lest the marker that follows it is read first. */
const script = 'exec ip -force -brief -batch - 2>&1';

function startBatch(within: readonly string[]): Batch {
  const [file, ...args] = [...within, 'sh', '-c', script];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting: Asked[] = [];
  let isOver = false;
  const stop = (reason: string): void => {
    isOver = true;
    for (const { reject } of waiting.splice(0)) reject(new Failure('unavailable', `ip ${reason}`));
  };
  child.on('error', ({ message }) => stop(`cannot be started: ${message}`));
  child.on('close', () => stop('has ended'));
  // `close` follows.
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    waiting[0]?.complaints.push(line);
    if (!isMarker.test(line)) return;
    const answered = waiting.shift();
    answered?.resolve(answered.complaints.slice(0, -1));
  });
  return {
    run: async (orders, patience) => {
      const asked: Asked = { ...Promise.withResolvers<readonly string[]>(), complaints: [] };
      waiting.push(asked);
      child.stdin.write([...orders, marker, ''].join('\n'));
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      try {
        return await asked.promise;
      } finally {
        clearTimeout(timer);
      }
    },
    isOver: () => isOver,
    end: () => {
      isOver = true;
      child.stdin.end();
    },
  };
}
