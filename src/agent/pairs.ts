import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { netnsName, withNetns } from '../net/netns.ts';
import { hostOrder, pairOrderOfHost, type MadePair } from '../net/ip-orders.ts';
import { Failure } from '../system/failure.ts';

/** The pairs of one Pod. */
export interface WantedPairs {
  /** Path of the Pod's netns. */
  readonly path: string;
  /** What netnsName() says of it where it is wanted: paths may mean something else to others. */
  readonly netns: string;
  readonly pairs: readonly MadePair[];
  /** Asked when it is their turn. */
  readonly isWanted: () => boolean;
}

/** Makes veth pairs, with one `ip` for those of all Pods: to start one takes longer than its work. */
export interface PairMaker {
  /** @throws Failure `wiring` when one is refused; `netns`; `unavailable` when there is no answer, or nobody wants them any more */
  readonly make: (wanted: WantedPairs) => Promise<void>;
  /** Ends the program. It is started again when it is needed. */
  readonly close: () => void;
}

export interface PairMakerOptions {
  /** What runs `ip`. Default: nothing, it runs where we do. */
  readonly within?: readonly string[];
  /** Milliseconds until an answer must have come, or the next one. */
  readonly patience?: number;
}

export function createPairMaker({ within = [], patience = 5000 }: PairMakerOptions = {}): PairMaker {
  let batch: Batch | undefined;
  return {
    make: async ({ path, netns, pairs, isWanted }) =>
      withNetns(path, async (descriptor) => {
        if (netnsName(descriptor) !== netns) throw new Failure('netns', `${path} is another network namespace here`);
        const file = `/proc/${process.pid}/fd/${descriptor}`;
        const hasIPv6 = existsSync('/proc/sys/net/ipv6');
        const orders = pairs.flatMap((pair) => [pairOrderOfHost(pair, file), hostOrder(pair, hasIPv6)]);
        if (batch === undefined || batch.isOver()) batch = startBatch(within, patience);
        const [complaint] = await batch.run(orders, isWanted);
        if (complaint !== undefined) throw new Failure('wiring', `the pairs cannot be made: ${complaint}`);
      }),
    close: () => batch?.end(),
  };
}

interface Batch {
  /** @returns what `ip` complains of */
  readonly run: (orders: readonly string[], isWanted: () => boolean) => Promise<readonly string[]>;
  readonly isOver: () => boolean;
  readonly end: () => void;
}

interface Asked extends PromiseWithResolvers<readonly string[]> {
  readonly orders: readonly string[];
  readonly isWanted: () => boolean;
  readonly complaints: string[];
}

/** `ip` goes on after an error, and shows a link at once: one that is always there tells how far it has come. */
const marker = 'link show dev lo';
const isMarker = /^lo\s/;

/** What it complains of comes in the same stream, lest the marker that follows it is read first. */
const script = 'exec ip -force -brief -batch - 2>&1';

/** How many have been given to `ip` at a time. */
const mostGiven = 4;

function startBatch(within: readonly string[], patience: number): Batch {
  const [file, ...args] = [...within, 'sh', '-c', script];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  let isOver = false;
  const turns = takingTurns({
    give: (orders) => void child.stdin.write([...orders, marker, ''].join('\n')),
    patience,
    onSilence: () => void child.kill('SIGKILL'),
  });
  const stop = (reason: string): void => {
    isOver = true;
    turns.stop(reason);
  };
  child.on('error', ({ message }) => stop(`ip cannot be started: ${message}`));
  child.on('close', () => stop('ip has ended'));
  // `close` follows.
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', turns.hear);
  return {
    run: turns.run,
    isOver: () => isOver,
    end: () => {
      isOver = true;
      child.stdin.end();
    },
  };
}

interface Turns extends Pick<Batch, 'run'> {
  /** A line that was said. */
  readonly hear: (line: string) => void;
  /** Tells all who wait that there will be no answer. */
  readonly stop: (reason: string) => void;
}

interface TurnOptions {
  readonly give: (orders: readonly string[]) => void;
  /** Milliseconds without an answer. */
  readonly patience: number;
  readonly onSilence: () => void;
}

/** Lets few of those who wait go first: what has been given cannot be taken back. */
function takingTurns({ give, patience, onSilence }: TurnOptions): Turns {
  const waiting: Asked[] = [];
  const given: Asked[] = [];
  let timer: NodeJS.Timeout | undefined;
  const proceed = (): void => {
    clearTimeout(timer);
    while (given.length < mostGiven) {
      const asked = waiting.shift();
      if (asked === undefined) break;
      if (asked.isWanted()) {
        given.push(asked);
        give(asked.orders);
      } else asked.reject(new Failure('unavailable', 'nobody waits for them any more'));
    }
    if (given.length > 0) timer = setTimeout(onSilence, patience);
  };
  return {
    run: async (orders, isWanted) => {
      const asked: Asked = { ...Promise.withResolvers<readonly string[]>(), orders, isWanted, complaints: [] };
      waiting.push(asked);
      proceed();
      return asked.promise;
    },
    hear: (line) => {
      given[0]?.complaints.push(line);
      if (!isMarker.test(line)) return;
      const answered = given.shift();
      answered?.resolve(answered.complaints.slice(0, -1));
      proceed();
    },
    stop: (reason) => {
      clearTimeout(timer);
      for (const { reject } of [...given.splice(0), ...waiting.splice(0)]) reject(new Failure('unavailable', reason));
    },
  };
}
