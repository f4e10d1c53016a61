import { existsSync, mkdirSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Resources } from '../fixture/resources.ts';
import { uniqueName } from '../fixture/unique.ts';

/** Where host-local keeps its leases unless a network names another folder. */
const leases = '/var/lib/cni/networks';

/** The name of a network, and where host-local keeps its leases; removed at the end of the test, whatever is left in there. */
export function leaseFolder(resources: Pick<Resources, 'defer'>): { readonly name: string; readonly folder: string } {
  const name = uniqueName('net-');
  const folder = join(leases, name);
  const missing = [leases, '/var/lib/cni'].filter((path) => !existsSync(path));
  // The folder of all networks is not empty before the end: no test beside this one removes it while host-local makes ours.
  const place = join(leases, `.${name}`);
  mkdirSync(place, { recursive: true });
  resources.defer(() => {
    for (const path of [folder, place]) rmSync(path, { recursive: true, force: true });
    for (const path of missing) removeIfEmpty(path);
  });
  return { name, folder };
}

/** The addresses that are leased. */
export function leasesIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => /^[0-9a-f.:]+$/u.test(name) && /\d/u.test(name));
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Not there, or somebody else's by now.
  }
}
