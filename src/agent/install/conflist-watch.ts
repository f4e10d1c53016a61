import fs from 'node:fs';
import { Failure, messageOf } from '../../system/failure.ts';
import { syncConflist } from './conflist-sync.ts';
import { pluginFolder } from './plugin-folder.ts';
import type { Running, RunningContext } from './running.ts';

export interface WatchContext extends RunningContext {
  readonly confDir: string;
  /** What our plugin is called on this Node. */
  readonly plugin: string;
  /** Milliseconds of silence that a change has to be followed by: a file may be written in parts. Default: 200. */
  readonly settle?: number;
  /** Milliseconds between two looks without a change: events get lost, and folders replaced. Default: a minute. */
  readonly interval?: number;
}

const defaults = { settle: 200, interval: 60_000 };
/** How many looks without a change there are between two attempts against Cilium. */
const insistEvery = 5;

/**
 * Keeps our list in line with the primary network's configuration, whatever rewrites that. Our own writing is a change,
 * too: it is followed by one look that finds nothing to do.
 */
export function startConflistWatch(context: WatchContext): Running {
  const { confDir, settle = defaults.settle, interval = defaults.interval, log } = context;
  const look = looker(context);
  let timer: NodeJS.Timeout | undefined;
  let watcher: fs.FSWatcher | undefined;
  let ofPlugins: fs.FSWatcher | undefined;
  let looks = 0;
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => again(false), settle);
  };
  // First watched and then read: or else a change in between would be missed. It may be another folder than before.
  const again = (insist: boolean): void => {
    ofPlugins?.close();
    ofPlugins = watchPlugins(confDir, { onChange: later, log });
    look(insist);
  };
  const anew = (): void => {
    watcher?.close();
    watcher = watch(confDir, { onChange: later, log });
    again(looks % insistEvery === 0);
    looks += 1;
  };
  anew();
  const regular = setInterval(anew, interval);
  return {
    stop: async () => {
      clearInterval(regular);
      clearTimeout(timer);
      watcher?.close();
      ofPlugins?.close();
    },
  };
}

interface Watched extends Pick<WatchContext, 'log'> {
  readonly onChange: () => void;
}

/** Where the primary network leaves its plugins to a folder. That one is made is a change of the other. */
function watchPlugins(confDir: string, watched: Watched): fs.FSWatcher | undefined {
  try {
    const folder = pluginFolder(confDir);
    return folder !== undefined && fs.existsSync(folder) ? watch(folder, watched) : undefined;
  } catch {
    // The look says it.
    return undefined;
  }
}

/** The folder may be missing, and may be another one than a moment ago: then the next regular look finds it. */
function watch(dir: string, { onChange, log }: Watched): fs.FSWatcher | undefined {
  try {
    const watcher = fs.watch(dir, onChange);
    watcher.on('error', (error) => log('warn', `${dir} is not watched`, { reason: messageOf(error) }));
    return watcher;
  } catch (error) {
    log('warn', `${dir} is not watched`, { reason: messageOf(error) });
    return undefined;
  }
}

/** Says what has changed, and what is in the way once. */
function looker(context: WatchContext): (insist: boolean) => void {
  const { confDir, plugin, log, observe, isWanted = () => true } = context;
  let said = '';
  return (insist) => {
    try {
      if (!isWanted()) return;
      const { state, path, primary } = syncConflist({ confDir, plugin, insist });
      if (state === 'written' || state === 'removed') log('info', `${path} is ${state}`, { primary });
      said = '';
      observe('done');
    } catch (error) {
      observe('failed');
      const message = messageOf(error);
      if (message !== said) log('error', message, { advice: error instanceof Failure ? error.details : undefined });
      said = message;
    }
  };
}
