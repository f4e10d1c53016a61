import { attachmentKey, type AttachmentID } from '../system/attachment-id.ts';
import type { Exec, Outcome, RunOptions } from '../system/exec.ts';
import { endMarked } from '../system/processes.ts';
import type { Start } from '../system/start.ts';
import { pause } from '../system/time.ts';

const markVariable = 'ANTREA_ATTACHMENT';

/** In the environment of every process of an attachment: one that outlives its plugin is found by it. */
export function markOf(id: AttachmentID): Readonly<Record<string, string>> {
  return { [markVariable]: attachmentKey(id) };
}

/** Ends what a call of the attachment that was killed has left running. @param key attachmentKey() */
export function endProcessesOf(key: string, wait: (milliseconds: number) => void): void {
  endMarked(markVariable, key, wait);
}

/**
 * As `exec`, but a program that is killed because it takes too long takes along what it has started, if that carries an
 * attachment's mark: it would go on by itself.
 */
export function thorough(exec: Exec): Exec {
  return (command, args, options) => thoroughly(exec(command, args, options), options);
}

/** The same for programs that go on. */
export function thoroughStart(start: Start): Start {
  return (command, args, options) => {
    const running = start(command, args, options);
    return { ...running, end: async () => thoroughly(await running.end(), options) };
  };
}

function thoroughly(outcome: Outcome, { env }: Pick<RunOptions, 'env'>): Outcome {
  const mark = env?.[markVariable];
  if (outcome.timedOut && mark !== undefined) endMarked(markVariable, mark, pause);
  return outcome;
}
