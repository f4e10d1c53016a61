import type { Log } from '../system/log.ts';
import type { Terminal } from './terminal.ts';

/** With `--verbose`, JSON lines on stderr of what is read and written; else nothing. */
export async function openLog(terminal: Terminal, verbose: boolean): Promise<Log> {
  if (!verbose) return () => {};
  const { pino } = await import('pino');
  const logger = pino({ level: 'debug', base: { pid: process.pid } }, { write: terminal.err });
  return (level, message, facts = {}) => logger[level](facts, message);
}
