import type { Log } from '../system/log.ts';
import type { Exchange } from './exchange.ts';

/** Told why, this says in the log that the API server is asked without the agent. */
export function sayingNoAnswer(log: Log, { path: socket }: Pick<Exchange, 'path'>): (reason: string) => void {
  return (reason) => log('info', 'the agent does not answer: the API server is asked itself', { reason, socket });
}
