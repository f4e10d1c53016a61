import type { Log, LogLevel } from '../system/log.ts';
import type { Terminal } from './terminal.ts';

/** With `--verbose`, JSON lines on stderr of what is read and written; else nothing. */
export async function openLog(terminal: Terminal, verbose: boolean): Promise<Log> {
  return verbose ? writeLog(terminal, 'debug') : () => {};
}

/** JSON lines on stderr, from this level on. */
export async function writeLog(terminal: Terminal, level: LogLevel): Promise<Log> {
  const { pino } = await import('pino');
  const logger = pino({ level, base: { pid: process.pid } }, { write: terminal.err });
  return (lineLevel, message, facts = {}) => logger[lineLevel](facts, message);
}
