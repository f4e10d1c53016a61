/**
 * What pkg.config.json spares a start of the plugin, and a process that lives on must have: a hash seed that nobody knows,
 * and V8's baseline compiler (docs/adr/0011). As options of Node, for whoever starts the executable or takes code caches for it.
 */
export const ordinaryOptions = ['--rehash-snapshot', '--sparkplug'] as const;

/** Whether this process has been started anew so. */
export function isOrdinary(): boolean {
  return process.execArgv.includes(ordinaryOptions[0]);
}

/**
 * Starts this process anew, as an ordinary Node; does not return then. Process ID, arguments, environment, working directory
 * and open files stay. A Node that cannot do that says so on standard error, and aborts.
 */
export function becomeOrdinary(): void {
  if (isOrdinary()) return;
  // An option for Node itself: "execArgvExtension" of pkg.config.json lets it be given so, and NODE_OPTIONS not.
  const args = [process.argv0, `--node-options=${ordinaryOptions.join(' ')}`, ...process.argv.slice(2)];
  process.execve?.(process.execPath, args, process.env);
}
