import { basename, dirname } from 'node:path';
import { Failure } from '../../system/failure.ts';
import { objectIn } from '../../system/json-object.ts';
import { execAside } from '../exec-aside.ts';

export interface Trial {
  /** Path of what is to be installed. */
  readonly executable: string;
  readonly nodeFile: string;
  /** Milliseconds; default: half a minute. */
  readonly timeout?: number;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the plugin just as a runtime will call it, before any Pod depends on it: once it is in the list of the primary
 * network, no Pod of this Node starts without it. An agent that serves the plugins of Pods goes on with that meanwhile.
 * @throws Failure `not-ready` with its own message
 */
export async function tryPlugin({ executable, nodeFile, timeout = 30_000, signal }: Trial): Promise<void> {
  const config = { cniVersion: '1.1.0', name: 'install', type: basename(executable), networkType: 'secondary' };
  const { code, stdout, stderr, timedOut } = await execAside(executable, [], {
    timeout,
    ...(signal !== undefined && { signal }),
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
