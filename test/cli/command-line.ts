import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { main } from '../../src/cli/main.ts';
import { createFileStore } from '../../src/ipam/file/store.ts';
import type { Owner } from '../../src/ipam/store.ts';
import { address } from '../ipam/sample.ts';

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a Node file and a store, and the command line as a person at that Node has it. */
export interface Desk {
  readonly dir: string;
  readonly dataDir: string;
  readonly nodeFile: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a command with these words; `input` is its standard input. */
  antrea(words: readonly string[], input?: string, env?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Writes a file into the folder; its path. */
  write(name: string, text: string): string;
  /** Lets somebody hold an address. */
  hold(pool: string, text: string, owner: Owner): Promise<void>;
  clear(): void;
}

export function openDesk(): Desk {
  const dir = fs.mkdtempSync(join(tmpdir(), 'antrea-cli-'));
  const dataDir = join(dir, 'data');
  const write = (name: string, text: string): string => {
    fs.writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const nodeFile = write('node.json', JSON.stringify({ dataDir }));
  const env = { ANTREA_NODE_CONFIG: nodeFile };
  return {
    dir,
    dataDir,
    nodeFile,
    env,
    write,
    antrea: (words, input = '', more = env) => run({ words, env: more, stdin: write('.stdin', input) }),
    async hold(pool, text, owner) {
      const store = createFileStore({ dataDir });
      await store.create(await store.readPool(pool), address(text), owner);
    },
    clear: () => fs.rmSync(dir, { recursive: true, force: true }),
  };
}

async function run({
  words,
  env,
  stdin,
}: {
  words: readonly string[];
  env: Desk['env'];
  stdin: string;
}): Promise<Answer> {
  let stdout = '';
  let stderr = '';
  const code = await main(words, {
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    env,
    stdin,
    columns: undefined,
  });
  return { code, stdout, stderr };
}
