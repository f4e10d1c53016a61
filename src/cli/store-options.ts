import type { Command } from 'commander';

/** Which store: see `openStore`. */
export function withStoreOptions(command: Command): Command {
  return withNodeOption(command.option('--data-dir <dir>', "folder of the store (default: the Node file's dataDir)"));
}

export function withNodeOption(command: Command): Command {
  return command.option(
    '--node-config <file>',
    'Node file (default: $ANTREA_NODE_CONFIG, or /etc/cni/net.d/antrea.d/node.json)',
  );
}
