import { spawn } from 'node:child_process';
import { isSea } from 'node:sea';
import { bridgeDriver } from '../../net/ovs/socket/bridges.ts';
import { exec } from '../../system/exec.ts';
import { messageOf } from '../../system/failure.ts';
import { files } from '../../system/files.ts';
import type { Log } from '../../system/log.ts';
import { sleep } from '../../system/sleep.ts';
import { journalPath, moveJournal } from './journal.ts';
import { rescue } from './move.ts';

export interface WatchdogOptions {
  readonly dataDir: string;
  /** `unix:/path` */
  readonly ovsdb: string;
}

/** The command that people do not see. */
export const watchdogCommand = 'agent-watchdog';

/**
 * Starts a process that outlives this one: it puts a move back that is not at its end when its time is over. The time
 * is that of the journal, so it must have been written.
 */
export function startWatchdog({ dataDir, ovsdb }: WatchdogOptions): void {
  const program = isSea() ? [] : process.argv.slice(1, 2);
  const child = spawn(process.execPath, [...program, watchdogCommand, '--data-dir', dataDir, '--ovsdb', ovsdb], {
    // A group of its own: what ends the agent's group does not end it.
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: '/',
  });
  child.on('error', () => {});
  child.unref();
}

/** Waits for the end of the move that the journal has now, by success or by its time. Never rejects. */
export async function runWatchdog({ dataDir, ovsdb, log }: WatchdogOptions & { readonly log: Log }): Promise<void> {
  const journal = moveJournal(files, journalPath(dataDir));
  let watched = journal.read()?.id;
  const ovs = bridgeDriver({ database: ovsdb, timeout: () => 5000, remaining: () => 15_000 });
  for (;;) {
    const move = journal.read();
    if (move?.id !== watched || move === undefined) return;
    if (move.phase !== 'moving' && move.phase !== 'restoring') return;
    if (Date.now() >= move.deadline) {
      log('warn', 'nobody has ended the move in time', { name: move.name, phase: move.phase });
      try {
        log('warn', 'ended the move', { outcome: await rescue(move, { exec, ovs, log, journal }) });
        return;
      } catch (error) {
        log('error', 'cannot end the move, and try again', { error: messageOf(error) });
        // By now it is ours.
        watched = journal.read()?.id;
      }
    }
    await sleep(500);
  }
}
