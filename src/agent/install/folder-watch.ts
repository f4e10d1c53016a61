import fs from 'node:fs';
import { messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';

export interface FolderWatch {
  /** Watches this folder from now on, though it has the same name as before; undefined: none. */
  readonly open: (dir: string | undefined) => void;
  readonly close: () => void;
}

/** Says once why a folder cannot be watched, until that is another reason, and when it is watched again. */
export function folderWatch({ onChange, log }: { readonly onChange: () => void; readonly log: Log }): FolderWatch {
  let watcher: fs.FSWatcher | undefined;
  let said = '';
  const complain = (dir: string, error: unknown): void => {
    const reason = messageOf(error);
    if (said !== `${dir}: ${reason}`) log('warn', `${dir} is not watched`, { reason });
    said = `${dir}: ${reason}`;
  };
  const close = (): void => {
    watcher?.close();
    watcher = undefined;
  };
  return {
    open: (dir) => {
      close();
      if (dir === undefined) return;
      try {
        watcher = fs.watch(dir, onChange);
        watcher.on('error', (error) => complain(dir, error));
        if (said !== '') log('info', `${dir} is watched again`);
        said = '';
      } catch (error) {
        complain(dir, error);
      }
    },
    close,
  };
}
