import { systemCode } from '../system/failure.ts';

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
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stdin: 0,
    env: process.env,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  };
}

/** `antrea ippool get | head -1` is no error. */
function ignoreClosedPipe(error: Error): void {
  if (systemCode(error) !== 'EPIPE') throw error;
}
