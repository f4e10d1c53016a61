import { backoff } from '../../kube/backoff.ts';
import type { KubeClient } from '../../kube/client.ts';
import { worthALine } from '../../kube/watch/worth-a-line.ts';
import { messageOf } from '../../system/failure.ts';
import { sleep } from '../../system/sleep.ts';
import type { Running, RunningContext } from './running.ts';
import { mintToken, readClaims, readNodeUID } from './token.ts';
import { putText, readFile } from './whole-file.ts';

export interface RenewalContext extends RunningContext {
  readonly client: KubeClient;
  readonly nodeName: string;
  /** The file that the plugin reads. */
  readonly path: string;
  /** Milliseconds that a token shall be valid. */
  readonly lifetime: number;
  /** Milliseconds between two looks at the token and at the Node's object; default: two minutes. */
  readonly interval?: number;
}

const defaultInterval = 120_000;
/** At what part of its life a token is replaced: half of it, or a bit later, so that not all Nodes come at once. */
const earliest = 0.5;
const spread = 0.1;

/**
 * Keeps the plugin's token fresh: it is replaced at half of its life, and when the Node's object is another one, with
 * which the old one has ended. While the API server is away, the old one serves on.
 */
export function startTokenRenewal(context: RenewalContext): Running {
  const { interval = defaultInterval, log, observe, isWanted = () => true } = context;
  const ending = new AbortController();
  const part = earliest + spread * Math.random();
  let failures = 0;
  const turn = async (): Promise<number> => {
    try {
      if (isWanted() && (await isDue(context, part))) await renew(context);
      failures = 0;
      return interval * (0.9 + 0.2 * Math.random());
    } catch (error) {
      failures += 1;
      observe('failed');
      if (worthALine(failures))
        log('error', 'the token of the plugin could not be renewed', { reason: messageOf(error), failures });
      return Math.min(interval, 20 * backoff(failures, Math.random()));
    }
  };
  const done = loop(turn, ending.signal);
  return {
    stop: async () => {
      ending.abort();
      await done;
    },
  };
}

async function loop(turn: () => Promise<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const wait = await turn();
    await sleep(wait, signal);
  }
}

/** Of a token that says nothing of itself, or that is bound to an object that is gone, there is nothing to wait for. */
async function isDue({ client, nodeName, path }: RenewalContext, part: number): Promise<boolean> {
  const token = readFile(path);
  const claims = token === undefined ? undefined : readClaims(token.toString('utf8').trim());
  if (claims === undefined || claims.nodeUID === undefined) return true;
  const { issued, expires } = claims;
  if (Date.now() / 1000 >= issued + (expires - issued) * part) return true;
  return claims.nodeUID !== (await readNodeUID(client, nodeName));
}

async function renew(context: RenewalContext): Promise<void> {
  const { client, nodeName, lifetime, path, log, observe, isWanted = () => true } = context;
  const token = await mintToken({ client, nodeName, lifetime });
  // It may have been taken away while the API server was asked.
  if (!isWanted()) return;
  putText(path, token, 0o600);
  observe('done');
  log('info', 'the token of the plugin is renewed', { expires: readClaims(token)?.expires });
}
