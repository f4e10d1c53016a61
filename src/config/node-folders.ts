/** Where a Node keeps what it knows, unless its settings say otherwise. */
export const defaultDataDir = '/var/lib/cni/antrea';

/** What a Node needs while it runs, and no longer. */
export const runDir = '/run/antrea-cni';

/**
 * The folder of the locks. They are of processes, so they need not outlive the Node's start: those of the default are in
 * memory, where a file that is made and removed costs least (docs/adr/0015-records-of-lines.md).
 * @param dataDir of the plugin's settings
 */
export function locksFolder(dataDir: string): string {
  return dataDir === defaultDataDir ? `${runDir}/locks` : `${dataDir}/locks`;
}
