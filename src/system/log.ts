import fs from 'node:fs';

const levels = { debug: 20, info: 30, warn: 40, error: 50 } as const;
export type LogLevel = keyof typeof levels;

export type Log = (level: LogLevel, message: string, facts?: Readonly<Record<string, unknown>>) => void;

export interface LogOptions {
  /** Least severe level that is written. */
  readonly level: LogLevel;
  /** undefined: stderr. stdout belongs to the protocol. */
  readonly file: string | undefined;
  /** Facts of every line. */
  readonly base: Readonly<Record<string, unknown>>;
}

/** Writes lines in pino's format; loading pino would cost a start 5 ms. A line that cannot be written is lost: a call does not fail for it. */
export function lineLog({ level, file, base }: LogOptions): Log {
  return (lineLevel, msg, facts = {}) => {
    if (levels[lineLevel] < levels[level]) return;
    const line = `${JSON.stringify({ level: levels[lineLevel], time: Date.now(), pid: process.pid, ...base, ...facts, msg })}\n`;
    try {
      if (file === undefined) fs.writeSync(2, line);
      else fs.appendFileSync(file, line, { mode: 0o600 });
    } catch {
      // A closed stderr, a full disk.
    }
  };
}
