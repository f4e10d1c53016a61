import { basename, dirname } from 'node:path';
import type { Exec } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';
import { objectIn } from '../../system/json-object.ts';

export interface Trial {
  readonly exec: Exec;
  /** Path of what is to be installed. */
  readonly executable: string;
  readonly nodeFile: string;
}

const timeout = 30_000;

/**
 * Asks the plugin just as a runtime will call it, before any Pod depends on it: once it is in the list of the primary
 * network, no Pod of this Node starts without it.
 * @throws Failure `not-ready` with its own message
 */
export function tryPlugin({ exec, executable, nodeFile }: Trial): void {
  const config = { cniVersion: '1.1.0', name: 'install', type: basename(executable), networkType: 'secondary' };
  const { code, stdout, stderr, timedOut } = exec(executable, [], {
    timeout,
    input: JSON.stringify(config),
    env: { CNI_COMMAND: 'STATUS', CNI_PATH: dirname(executable), ANTREA_NODE_CONFIG: nodeFile },
  });
  if (code === 0) return;
  const reason = timedOut ? `no answer in ${timeout / 1000} s` : said(stdout) || stderr || `exit code ${code}`;
  throw new Failure('not-ready', `the plugin could start no Pod on this Node, so it is not put in place: ${reason}`, {
    details: 'put that right (antrea check tells more), and run this again',
  });
}

/** The message of a CNI error; empty where there is none. */
function said(stdout: string): string {
  const error = objectIn(stdout);
  return ['msg', 'details']
    .map((key) => error[key])
    .filter((text) => typeof text === 'string' && text !== '')
    .join(': ');
}
