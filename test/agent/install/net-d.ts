import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { makeTempDir } from '../../fixture/unique.ts';

/** A folder for configurations of networks, removed after the test. */
export function makeConfDir(files: Readonly<Record<string, object | string>> = {}): ConfDir {
  const temp = makeTempDir('net.d');
  made.push(temp);
  const dir: ConfDir = {
    path: temp.path,
    write: (name, content) =>
      fs.writeFileSync(join(temp.path, name), typeof content === 'string' ? content : JSON.stringify(content)),
    read: (name) => {
      const content: unknown = JSON.parse(fs.readFileSync(join(temp.path, name), 'utf8'));
      return content;
    },
    names: () => fs.readdirSync(temp.path).toSorted(),
    remove: (name) => fs.rmSync(join(temp.path, name)),
    rename: (from, to) => fs.renameSync(join(temp.path, from), join(temp.path, to)),
  };
  for (const [name, content] of Object.entries(files)) dir.write(name, content);
  return dir;
}

export interface ConfDir {
  readonly path: string;
  readonly write: (name: string, content: object | string) => void;
  readonly read: (name: string) => unknown;
  readonly names: () => readonly string[];
  readonly remove: (name: string) => void;
  readonly rename: (from: string, to: string) => void;
}

/** A network as a primary plugin writes it. */
export function network(name: string, type = 'bridge'): object {
  return { cniVersion: '1.0.0', name, plugins: [{ type }] };
}

const made: { readonly remove: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const { remove } of made.splice(0)) await remove();
});
