import type { Files } from '../system/files.ts';
import { sleep } from '../system/sleep.ts';
import type { Running, Start } from '../system/start.ts';
import { answer, give, hostsAnswer, pairFailure, patience, setUpFailure, type Order, type Talk } from './batch.ts';
import { linkExists } from './detach.ts';
import {
  addressOrders,
  hostOrder,
  pairOrder,
  showOrder,
  upOrders,
  type ContainerLink,
  type MadePair,
  type Pair,
} from './ip-orders.ts';
import type { NewPort } from './ovs/driver.ts';

export interface Attachment extends Pair {
  /** Of the host's end. */
  readonly port: NewPort;
  readonly link: ContainerLink;
}

/** Where a process is to be, and whose it is. */
export interface Entry {
  /** Descriptors of the open network namespaces. */
  readonly netns: number;
  readonly hostNetns: number;
  /** Marks every process of these attachments in its environment, so that one that outlives us is found. */
  readonly mark: Readonly<Record<string, string>>;
}

/** Whether somebody has made the pairs; `unknown`: he may be about to. */
export type Made = 'made' | 'not made' | 'unknown';

/** What is done on the host. */
export interface Means {
  readonly files: Pick<Files, 'exists'>;
  /** Has another process make them, that runs already. Never rejects */
  readonly made: (pairs: readonly MadePair[]) => Promise<Made>;
}

/** What is under way. The functions throw Failure `wiring` or `unavailable`; PortFailure when it is about one attachment. */
export interface Pairs {
  /** Settles when the pairs are there, and the Pod's ends are down. May be left alone. */
  readonly made: Promise<void>;
  /** Gives the Pod's ends their settings and addresses, while they are down. */
  readonly prepare: (links: readonly ContainerLink[]) => Promise<void>;
  /** Brings them up, with their routes, when the host's ends are set, too. */
  readonly bringUp: (links: readonly ContainerLink[]) => Promise<void>;
  /** Afterwards nothing is under way any more. What there is then is the caller's to remove (detach.ts). */
  readonly end: () => Promise<void>;
}

/**
 * Runs in the netns: /proc/sys/net is that of whoever looks. `ip` reads its orders from standard input. Beside it, a
 * second process reads from standard error, when the pairs are there: name and accept_ra of each interface, and an empty
 * line, which it answers when they are set; then, if the host's ends are to be set as well, another one, and orders for
 * them, which it answers in the end, by an empty line if all went well.
 * disable_ipv6 is often set by container runtimes; only then is it written, as the kernel tries its lock of all links
 * again and again for that, while others hold it. (No here-document: some shells write it to a file.)
 */
const containerScript = `
exec >&0
{
  while read -r name ra <&2 || exit; [ "$name" ]; do
    cd /proc/sys/net || exit
    echo 1 >"ipv4/conf/$name/arp_notify"
    if cd "ipv6/conf/$name" 2>/dev/null; then
      read -r off <disable_ipv6
      if [ "$off" != 0 ]; then echo 0 >disable_ipv6; fi
      echo 0 >accept_dad
      echo 1 >ndisc_notify
      echo 1 >keep_addr_on_down
      if [ "$ra" ]; then echo "$ra" >accept_ra; fi
    fi
  done
  echo
  read -r _ <&2 || exit
  if nsenter --net=/proc/self/fd/4 ip -batch - <&2; then echo; else echo failed; fi
} &
exec ip -brief -batch -
`;

/**
 * Starts the one process for all that is done in a Pod's netns (docs/adr/0012-one-process-for-the-wiring.md). It makes
 * nothing before it is told to, and takes its time to start: begin with it.
 * @throws Failure `wiring` when a program is missing
 */
export function enterNetns(start: Start, { netns, hostNetns, mark: env }: Entry): Running {
  const args = ['--net=/proc/self/fd/3', 'sh', '-c', containerScript];
  return start('nsenter', args, { timeout: patience, descriptors: [netns, hostNetns], env });
}

/**
 * Begins to make the veth pairs of a Pod, at least one: by whoever has a program for it, or by the process itself.
 *
 * Link-up goes last, after the addresses and after OVS has taken the ports: only then do the kernel's announcements
 * (arp_notify, ndisc_notify) reach neighbours, who may know the address from somewhere else.
 * @param process what enterNetns() gives, which is asked for it once
 */
export function beginPairs(
  process: () => Promise<Running>,
  pairs: readonly Pair[],
  { files, made: makeElsewhere }: Means,
): Pairs {
  // To start the process holds us up for longer than it takes another one to make them.
  const elsewhere = makeElsewhere(pairs);
  const begun = begin(process, pairs);
  const made = make(begun, elsewhere, files);
  for (const promise of [begun, made]) promise.catch(() => {});
  return {
    made,
    prepare: async (links) => {
      const talk = await begun;
      await answer(talk, setUpFailure);
      give(talk, ordersOf(talk, links, addressOrders));
    },
    bringUp: async (links) => {
      const talk = await begun;
      if ((await elsewhere) !== 'made') await hostsAnswer(talk);
      give(talk, [...ordersOf(talk, links, upOrders), ...shown(talk)]);
      await answer(talk, setUpFailure);
    },
    end: async () => {
      await elsewhere;
      const [talk] = await Promise.allSettled([begun]);
      if (talk.status === 'fulfilled') await talk.value.running.end();
    },
  };
}

async function begin(process: () => Promise<Running>, pairs: readonly Pair[]): Promise<Talk> {
  return { running: await process(), pairs, orders: [] };
}

/** Lets the process go on with the settings of the Pod's ends, and then of the host's, unless that is done, too. */
async function make(begun: Promise<Talk>, elsewhere: Promise<Made>, files: Means['files']): Promise<void> {
  const talk = await begun;
  const { running, pairs } = talk;
  const settings = pairs.map(
    ({ link: { name, acceptRA } }) => `${name} ${acceptRA === undefined ? '' : acceptRA ? '1' : '0'}\n`,
  );
  const missing = await missingOf(pairs, await elsewhere, files);
  if (missing.length > 0) {
    give(talk, [...missing.map((pair): Order => ({ line: pairOrder(pair), pair, tell: pairFailure })), ...shown(talk)]);
    await answer(talk, pairFailure);
  }
  running.writeAside([...settings, '\n'].join(''));
  if ((await elsewhere) !== 'made') {
    const hasIPv6 = files.exists('/proc/sys/net/ipv6');
    running.writeAside(['\n', ...pairs.map((pair) => `${hostOrder(pair, hasIPv6)}\n`)].join(''));
  }
  running.endAside();
}

/** What somebody was about to make is there in a few milliseconds, if he lives. */
async function missingOf(pairs: readonly Pair[], made: Made, files: Means['files']): Promise<readonly Pair[]> {
  if (made === 'made') return [];
  const missing = (): readonly Pair[] => pairs.filter(({ host }) => !linkExists(files, host.name));
  const looks = made === 'unknown' ? 20 : 0;
  for (let look = 0; look < looks && missing().length > 0; look++) await sleep(5);
  return missing();
}

/** Has `ip` answer when it has come so far, which is sooner than its end. */
function shown({ pairs }: Talk): readonly Order[] {
  return pairs.slice(-1).map((pair) => ({ line: showOrder(pair), pair, tell: setUpFailure }));
}

function ordersOf(
  { pairs }: Talk,
  links: readonly ContainerLink[],
  linesOf: (link: ContainerLink) => string,
): readonly Order[] {
  return links.flatMap((link) => {
    const pair = pairs.find((one) => one.link.name === link.name);
    const lines = linesOf(link);
    if (pair === undefined || lines === '') return [];
    return lines.split('\n').map((line) => ({ line, pair, tell: setUpFailure }));
  });
}
