import fs from 'node:fs';
import { Failure, messageOf } from '../../system/failure.ts';
import { syncConflist } from './conflist-sync.ts';
import { folderWatch } from './folder-watch.ts';
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
  let looks = 0;
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => again(false), settle);
  };
  const [ofNetworks, ofPlugins] = [folderWatch({ onChange: later, log }), folderWatch({ onChange: later, log })];
  // First watched and then read: or else a change in between would be missed. It may be another folder than before.
  const again = (insist: boolean): void => {
    ofPlugins.open(existingPlugins(confDir));
    look(insist);
  };
  // The folder may be missing, and may be another one than a moment ago: then the next regular look finds it.
  const anew = (): void => {
    ofNetworks.open(confDir);
    again(looks % insistEvery === 0);
    looks += 1;
  };
  anew();
  const regular = setInterval(anew, interval);
  return {
    stop: async () => {
      clearInterval(regular);
      clearTimeout(timer);
      ofNetworks.close();
      ofPlugins.close();
    },
  };
}

/** Where the primary network leaves its plugins to a folder. That one is made is a change of the other. */
function existingPlugins(confDir: string): string | undefined {
  try {
    const folder = pluginFolder(confDir);
    return folder !== undefined && fs.existsSync(folder) ? folder : undefined;
  } catch {
    // The look says it.
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
