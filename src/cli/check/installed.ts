import fs from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf, systemCode } from '../../system/failure.ts';
import { ok, warn, type Finding } from '../../system/finding.ts';
import { shellWord } from '../output/shell-word.ts';

const name = 'plugin';
/** Where `antrea install` puts it. */
const usual = '/opt/cni/bin';

/**
 * Whether the container runtime would find this very executable.
 * @param self path of this executable; undefined when it runs from source
 */
export function checkInstalled(binDir: string, self: string | undefined): Finding {
  const path = join(binDir, self === undefined ? 'antrea' : basename(self));
  const advice = adviceFor(self ?? 'dist/antrea', { binDir, path });
  try {
    fs.accessSync(path, fs.constants.X_OK);
    if (!fs.statSync(path).isFile())
      return warn(name, `${path} is no file: the container runtime could not call it`, advice);
    if (self === undefined || isSame(self, path)) return ok(name, path);
    return warn(name, `${path} is not the same as ${self}, perhaps of another version`, advice);
  } catch (error) {
    const problem = systemCode(error) === 'ENOENT' ? `${path} is missing` : messageOf(error);
    return warn(name, `${problem}: the container runtime could not call it`, advice);
  }
}

function adviceFor(self: string, { binDir, path }: { readonly binDir: string; readonly path: string }): string {
  const folder = binDir === usual ? '' : ` --cni-bin-dir ${shellWord(binDir)}`;
  const [from, by, to] = [self, `${path}.new`, path].map(shellWord);
  return `install it: ${from} install${folder}; or, on a machine without a cluster: cp ${from} ${by} && mv ${by} ${to}`;
}

function isSame(self: string, path: string): boolean {
  if (fs.realpathSync(path) === fs.realpathSync(self)) return true;
  return fs.statSync(path).size === fs.statSync(self).size && fs.readFileSync(path).equals(fs.readFileSync(self));
}
