import { messageOf } from '../system/failure.ts';
import type { Log } from '../system/log.ts';
import { sleep } from '../system/sleep.ts';
import { deadlineIn } from '../system/time.ts';
import type { RunningService } from './context.ts';

export interface NamedService extends RunningService {
  readonly name: string;
}

/** Milliseconds. Kubernetes kills what has not ended 30 s after SIGTERM. */
const patience = 25_000;

/**
 * Stops services in the reverse order of their start, each after the one before has ended what it was doing. One that
 * takes too long, an equal share of the time that is left, is waited for no longer. Never rejects.
 */
export async function stopAll(running: readonly NamedService[], log: Log, most = patience): Promise<void> {
  const end = deadlineIn(most);
  for (const [at, service] of [...running.entries()].toReversed()) {
    const { name } = service;
    try {
      const share = end.remaining() / (at + 1);
      if (!(await within(share, service.stop()))) log('error', 'a service has not stopped in time', { name });
    } catch (error) {
      log('error', 'a service did not stop as it should', { name, error: messageOf(error) });
    }
  }
}

async function within(milliseconds: number, work: Promise<void>): Promise<boolean> {
  const settled = new AbortController();
  try {
    return await Promise.race([work.then(() => true), sleep(milliseconds, settled.signal).then(() => false)]);
  } finally {
    settled.abort();
  }
}
