import { monitorBridges } from '../../net/ovs/socket/monitor.ts';
import { messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import { sleep } from '../../system/sleep.ts';

/** Tells that Open vSwitch may have other bridges and ports than before. */
export interface OvsChanges {
  /** Calls `listener` after changes, and after each connection to the database; what it returns ends that. */
  readonly onChange: (listener: () => void) => () => void;
}

export interface FollowOvsOptions {
  /** `unix:/path` */
  readonly database: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Milliseconds: between two tries to connect, later and later; and between two tellings, since changes come in crowds. */
const retry = { first: 100, last: 2000 } as const;
const pace = 1000;

/** Listens to the database for as long as the signal lasts; connects again when the connection ends. */
export function followOvs({ database, log, signal }: FollowOvsOptions): OvsChanges {
  const listeners = new Set<() => void>();
  const tell = paced(() => {
    if (!signal.aborted) for (const listener of listeners) listener();
  });
  void listen({ path: database.replace(/^unix:/, ''), log, signal, tell });
  return {
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

interface Listening extends Omit<FollowOvsOptions, 'database'> {
  readonly path: string;
  readonly tell: () => void;
}

async function listen({ path, log, signal, tell }: Listening): Promise<void> {
  let wait: number = retry.first;
  while (!signal.aborted) {
    try {
      const begin = performance.now();
      log('debug', 'the connection to Open vSwitch has ended', { reason: await onceConnected({ path, signal, tell }) });
      if (performance.now() - begin > pace) wait = retry.first;
    } catch (error) {
      log('debug', 'Open vSwitch cannot be listened to', { reason: messageOf(error) });
    }
    await sleep(wait, signal);
    wait = Math.min(wait * 2, retry.last);
  }
}

/** @returns why the connection has ended */
async function onceConnected({ path, signal, tell }: Omit<Listening, 'log'>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const stop = await monitorBridges({ path, onChange: tell, onEnd: resolve });
  tell();
  const end = (): void => resolve('the agent ends');
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', end);
    stop();
  }
}

/** Soon after the first of some calls, and not again within a second. */
function paced(act: () => void): () => void {
  let last = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  return () => {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        last = performance.now();
        act();
      },
      Math.max(50, last + pace - performance.now()),
    ).unref();
  };
}
