import { beginPairs, enterNetns, type Attachment, type Made, type Pairs } from '../net/attach.ts';
import { deleteLinks, detach } from '../net/detach.ts';
import type { MadePair, Pair } from '../net/ip-orders.ts';
import { withOwnNetns } from '../net/netns.ts';
import type { NewPort } from '../net/ovs/driver.ts';
import { aboutPort, OvsUnreachable } from '../net/ovs/failures.ts';
import { PortFailure } from '../net/port-failure.ts';
import type { Failure } from '../system/failure.ts';
import type { Running } from '../system/start.ts';
import { tryAll } from '../system/try-all.ts';
import type { Plan } from './attachment-plan.ts';
import type { Context } from './context.ts';
import { markOf } from './marks.ts';
import type { Step } from './journalled.ts';
import { madeByAgent } from './pairs-by-agent.ts';
import { labelOf, type Member } from './member.ts';
import { named } from './naming.ts';
import { isAsked, takeTurn } from './read-ahead.ts';

/** A member, and the attachment that it is to have. */
export interface Wired extends Member {
  readonly attachment: Attachment;
}

type Wanted = Member & Pick<Plan, 'network'> & { readonly pair: Pair };

export interface Entry {
  /**
   * The process in the Pod's netns, which is started for the first who asks for it. That holds us up: what others have been
   * asked before is sent first. @throws Failure
   */
  readonly process: () => Promise<Running>;
  /** Ends it, if there is one. */
  readonly end: () => Promise<void>;
}

/** @param netns descriptor of the Pod's open network namespace */
export function entryInto(netns: number, context: Context): Entry {
  const { start, call } = context;
  let running: Promise<Running> | undefined;
  const enter = async (): Promise<Running> => {
    if (isAsked(context)) await takeTurn();
    return withOwnNetns((hostNetns) => enterNetns(start, { netns, hostNetns, mark: markOf(call.request) }));
  };
  return {
    process: () => {
      running ??= enter();
      // Who needs it is told.
      running.catch(() => {});
      return running;
    },
    end: async () => {
      const [entered] = await Promise.allSettled([running]);
      if (entered.status === 'fulfilled') await entered.value?.end();
    },
  };
}

/** What networks are wired through. */
export interface Place extends Pick<Entry, 'process'> {
  /** Descriptor of the Pod's open network namespace. */
  readonly netns: number;
  readonly shared: Context;
}

export interface Wiring {
  /**
   * Makes the attachments, now that the addresses are known.
   * @throws Failure naming the network that it is about, or all
   */
  readonly finish: (plans: readonly Wired[]) => Promise<void>;
}

/** Begins with what needs no addresses, the pairs and a look at the bridges, and says how to take back everything. */
export function beginWiring(place: Place, members: readonly Wanted[], undo: Step[]): Wiring {
  const { shared } = place;
  const names = members.map(({ pair }) => pair.host.name);
  const ports = awaitedPorts();
  const bridges = [...new Set(members.map(({ network }) => network.bridge))];
  const added = shared.ovs.addPorts({ bridges, ports: ports.wait });
  // Until somebody waits for it.
  added.catch(() => {});
  const pairs = begunPairs(place, members);
  undo.push(async () => {
    ports.giveUp();
    await pairs.end();
    const detachment = { hostInterfaces: names, mark: markOf(shared.call.request) };
    await throwAll(ports.mayBeThere ? await detach(shared, detachment) : deleteLinks(shared, names));
  });
  return {
    finish: async (plans) => {
      const links = plans.map(({ attachment }) => attachment.link);
      const wanted = plans.map(({ attachment }) => attachment.port);
      try {
        await pairs.made;
        ports.give(wanted);
        const prepared = pairs.prepare(links);
        // What Open vSwitch says goes before it.
        prepared.catch(() => {});
        await added.catch((error: unknown) => {
          throw aboutPort(wanted, error);
        });
        await prepared;
        await pairs.bringUp(links);
      } catch (error) {
        if (error instanceof OvsUnreachable) ports.mayBeThere = false;
        throw namedAfterPort(error, members);
      }
    },
  };
}

function begunPairs({ shared, netns, process }: Place, members: readonly Wanted[]): Pairs {
  const inside = { path: shared.call.request.netns, descriptor: netns };
  const made = (wanted: readonly MadePair[]): Promise<Made> => madeByAgent(shared, inside, wanted);
  const pairs = members.map(({ pair }) => pair);
  return beginPairs(process, pairs, { files: shared.files, made });
}

interface AwaitedPorts {
  readonly wait: () => Promise<readonly NewPort[]>;
  readonly give: (ports: readonly NewPort[]) => void;
  /** Whoever waits gets an error, and asks Open vSwitch for nothing. */
  readonly giveUp: () => void;
  /** Whether Open vSwitch may have been asked for them. */
  mayBeThere: boolean;
}

function awaitedPorts(): AwaitedPorts {
  const { promise, resolve, reject } = Promise.withResolvers<readonly NewPort[]>();
  // Nobody may wait for them.
  promise.catch(() => {});
  const awaited: AwaitedPorts = {
    wait: async () => {
      const ports = await promise;
      awaited.mayBeThere = true;
      return ports;
    },
    give: resolve,
    giveUp: () => reject(new Error('the ports are not wanted any more')),
    mayBeThere: false,
  };
  return awaited;
}

function namedAfterPort(error: unknown, members: readonly Wanted[]): unknown {
  const about = members.filter(({ pair }) => error instanceof PortFailure && pair.host.name === error.port);
  return named(error, labelOf(about.length > 0 ? about : members));
}

async function throwAll(failures: readonly Failure[]): Promise<void> {
  await tryAll(
    failures.map((failure) => async () => {
      throw failure;
    }),
  );
}
