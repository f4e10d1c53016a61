import { beginPairs, enterNetns, type Attachment, type Pairs } from '../net/attach.ts';
import { deleteLinks, detach } from '../net/detach.ts';
import type { Pair } from '../net/ip-orders.ts';
import { withOwnNetns } from '../net/netns.ts';
import type { NewPort } from '../net/ovs/driver.ts';
import { aboutPort, OvsUnreachable } from '../net/ovs/failures.ts';
import { PortFailure } from '../net/port-failure.ts';
import type { Failure } from '../system/failure.ts';
import type { Running } from '../system/start.ts';
import { tryAll } from '../system/try-all.ts';
import type { Plan } from './attachment-plan.ts';
import type { Context } from './context.ts';
import { setByAgent } from './host-ends.ts';
import { markOf } from './marks.ts';
import type { Step } from './journalled.ts';
import { labelOf, type Member } from './member.ts';
import { named } from './naming.ts';

/** A member, and the attachment that it is to have. */
export interface Wired extends Member {
  readonly attachment: Attachment;
}

type Wanted = Member & Pick<Plan, 'network'> & { readonly pair: Pair };

export interface Entry {
  /** The process in the Pod's netns, which is started by the first who asks for it, and takes its time. @throws Failure */
  readonly process: () => Running;
  /** Ends it, if there is one. */
  readonly end: () => Promise<void>;
}

/** @param netns descriptor of the Pod's open network namespace */
export function entryInto(netns: number, { start, call: { request } }: Context): Entry {
  let running: Running | undefined;
  return {
    process: () =>
      (running ??= withOwnNetns((hostNetns) => enterNetns(start, { netns, hostNetns, mark: markOf(request) }))),
    end: async () => void (await running?.end()),
  };
}

/** What networks are wired through. */
export interface Place extends Pick<Entry, 'process'> {
  readonly shared: Context;
}

export interface Wiring {
  /**
   * Makes the attachments, now that the addresses are known.
   * @throws Failure naming the network that it is about, or all
   */
  readonly finish: (plans: readonly Wired[]) => Promise<void>;
}

/**
 * Begins with what needs no addresses, the pairs and a look at the bridges, and says how to take back everything.
 * @throws Failure when nothing has been begun
 */
export function beginWiring({ shared, process }: Place, members: readonly Wanted[], undo: Step[]): Wiring {
  const names = members.map(({ pair }) => pair.host.name);
  const pairs = begunPairs({ shared, process }, members);
  const ports = awaitedPorts();
  undo.push(async () => {
    ports.giveUp();
    await pairs.end();
    const detachment = { hostInterfaces: names, mark: markOf(shared.call.request) };
    await throwAll(ports.mayBeThere ? await detach(shared, detachment) : deleteLinks(shared, names));
  });
  const bridges = [...new Set(members.map(({ network }) => network.bridge))];
  const added = shared.ovs.addPorts({ bridges, ports: ports.wait });
  // Until somebody waits for it.
  added.catch(() => {});
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

function begunPairs({ shared, process }: Place, members: readonly Wanted[]): Pairs {
  const pairs = members.map(({ pair }) => pair);
  try {
    return beginPairs(process(), pairs, { files: shared.files, setHostEnds: (ends) => setByAgent(shared, ends) });
  } catch (error) {
    throw named(error, labelOf(members));
  }
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
