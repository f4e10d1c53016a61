import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, run } from '../../fixture/command.ts';
import type { Invocation } from '../../fixture/runtime.ts';
import { makeTempDir } from '../../fixture/unique.ts';

/** A moment in what the plugin's own programs do. */
export interface Moment {
  readonly command: string;
  /** The how manieth start of that command, from 1. */
  readonly nth: number;
  readonly when: 'before' | 'after';
  /**
   * What is killed: the plugin and all that it has started; or the plugin alone, and then its programs go on, or stop at
   * this moment until somebody ends them.
   */
  readonly victim: 'group' | 'plugin' | 'plugin, and the rest hangs';
}

export const victims = ['group', 'plugin', 'plugin, and the rest hangs'] as const;

/** Runs the plugin with stand-ins for its programs that kill it at the given moment. @param locks folder of its locks */
export async function runUntil(invocation: Invocation, moment: Moment, locks: string): Promise<void> {
  const temp = makeTempDir('kill');
  try {
    await Promise.all(['ip', 'nsenter', 'sh'].map((name) => writeStandIn(temp.path, name, { ...moment, locks })));
    // The plugin looks into /usr/local/sbin first. The stand-ins read who is to be killed; setsid makes a process group of it.
    const script = `mount --bind ${temp.path} /usr/local/sbin && echo $$ >${temp.path}/plugin && exec "$@"`;
    const [executable = '', ...before] = invocation.argv.toReversed();
    const argv = [...before.toReversed(), 'unshare', '--mount', 'setsid', 'sh', '-c', script, 'sh', executable];
    const { signal, stdout } = await run(argv, invocation);
    if (signal !== 'SIGKILL') throw new Error(`it was not killed ${describe(moment)}: ${stdout}`);
  } finally {
    // Programs that go on need their stand-ins until the next call has ended them: the folder is in nobody's way.
    leftovers.push(temp);
  }
}

const leftovers: { readonly path: string; readonly remove: () => Promise<void> }[] = [];

/** Removes the stand-ins, once no program uses them any more. */
export async function removeStandIns(): Promise<void> {
  await Promise.all(leftovers.splice(0).map((temp) => temp.remove()));
}

export function describe({ command, nth, when, victim }: Moment): string {
  return `${when} ${command} number ${nth} (${victim})`;
}

interface Killing extends Moment {
  readonly locks: string;
}

async function writeStandIn(folder: string, name: string, moment: Killing): Promise<void> {
  const real = (await must(['sh', '-c', `command -v ${name}`])).trim();
  const kill = (when: Moment['when']): string => (moment.command === name && moment.when === when ? act(moment) : '');
  const path = join(folder, name);
  writeFileSync(
    path,
    `#!/bin/sh
nth=1
while ! mkdir ${folder}/${name}.$nth 2>/dev/null; do nth=$((nth + 1)); done
${kill('before')}
${real} "$@"
code=$?
${kill('after')}
exit $code
`,
  );
  chmodSync(path, 0o755);
}

/**
 * A program may be started before the plugin has its lock. One that hangs although its input has ended, as none of the
 * real ones would, is looked for by that: so the plugin dies with it.
 */
function act({ nth, victim, locks }: Killing): string {
  const wait = `tries=0; until ls ${locks}/*/$plugin.* >/dev/null 2>&1 || [ $tries = 1000 ]; do tries=$((tries + 1)); sleep 0.01; done`;
  const target = victim === 'group' ? '-$plugin' : '$plugin';
  const hang = victim === 'plugin, and the rest hangs' ? 'exec tail -f /dev/null' : ':';
  return `if [ $nth = ${nth} ]; then read -r plugin <"\${0%/*}/plugin"; ${wait}; kill -s KILL -- ${target}; ${hang}; fi`;
}
