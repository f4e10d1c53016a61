import fs from 'node:fs';
import { systemCode } from '../system/failure.ts';
import { exitCodes } from './exit-codes.ts';

/** What a command reads and writes as a program: a test passes its own. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Where standard input is read: a descriptor or a path. */
  readonly stdin: number | string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How wide help may be; undefined when that is nobody's business, as in a pipe. */
  readonly columns: number | undefined;
}

export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endWith);
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stdin: 0,
    env: process.env,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  };
}

/** `antrea ippool get | head -1` is no error. A file that is cut short, on a full disk, is one. */
function endWith(error: Error): void {
  if (systemCode(error) === 'EPIPE') return;
  process.once('exit', () => {
    process.exitCode = exitCodes.failed;
  });
  fs.writeSync(2, `error: the output cannot be written: ${error.message}\n`);
}
