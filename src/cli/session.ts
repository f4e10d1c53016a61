import type { Log } from '../system/log.ts';
import type { Terminal } from './terminal.ts';

/** What every command acts through. */
export interface Session {
  readonly terminal: Terminal;
  /** Known once the options have been read. */
  readonly log: () => Promise<Log>;
  /** For a command that ends as it should, and whose answer is no. */
  readonly exitWith: (code: number) => void;
}
