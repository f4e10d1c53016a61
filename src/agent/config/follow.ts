import { Failure, messageOf } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import type { Log } from '../../system/log.ts';
import { createFollowed, type Followed } from '../followed.ts';
import { repeat } from '../repeat.ts';
import { agentFileReader } from './file.ts';
import type { AgentSettings } from './settings.ts';

export interface FollowOptions {
  readonly path: string;
  readonly files: Pick<Files, 'read'>;
  readonly log: Log;
  /** What a reading came to: `applied`, `refused`. */
  readonly count: (outcome: 'applied' | 'refused') => void;
  readonly signal: AbortSignal;
}

export interface FollowedFile extends Followed<AgentSettings> {
  /** Why the file as it is now is not what is followed; undefined: it is. */
  readonly complaint: () => string | undefined;
}

/** Milliseconds. A mounted ConfigMap changes by a link of a link: to look at it is simpler than to watch it. */
const interval = 1000;

/**
 * The settings of the file, as they are now. One that is refused later changes nothing.
 * @throws Failure for one that is refused at first
 */
export function followFile(options: FollowOptions): FollowedFile {
  const { path, files, log, count, signal } = options;
  const read = agentFileReader(files, path);
  const first = read();
  const followed = createFollowed(first);
  let complaint: string | undefined;
  const look = (): void => {
    try {
      const next = read();
      complaint = undefined;
      if (isSame(next, followed.get())) return;
      warnOfFixed(first, next, log);
      count('applied');
      log('info', 'the configuration has changed', { path });
      followed.set(next);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (complaint !== error.message) {
        count('refused');
        log('error', 'the configuration is refused: what was before holds', { path, error: messageOf(error) });
      }
      complaint = error.message;
    }
  };
  void repeat(async () => look(), { interval, signal, log, what: 'read the configuration' });
  return { ...followed, complaint: () => complaint };
}

function isSame(one: AgentSettings, other: AgentSettings): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** What is read once, at the start. */
const fixed = ['ovsdb', 'dataDir', 'nodeName'] as const satisfies readonly (keyof AgentSettings)[];

function warnOfFixed(first: AgentSettings, next: AgentSettings, log: Log): void {
  const changed = fixed.filter((key) => first[key] !== next[key]);
  if (changed.length > 0) log('warn', 'these keys have changed: they hold after a restart of the agent', { changed });
}
