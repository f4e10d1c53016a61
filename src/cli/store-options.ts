import { type Command, Option } from 'commander';

/** Which store: see `choosePlace`. */
export function withStoreOptions(command: Command): Command {
  return withNodeOption(
    command
      .addOption(
        new Option('--data-dir <dir>', 'files in this folder').conflicts(['kubeconfig', 'context', 'nodeConfig']),
      )
      .addOption(new Option('--kubeconfig <file>', 'the cluster that it names').conflicts('nodeConfig'))
      .addOption(
        new Option('--context <name>', 'the cluster of this context of the kubeconfig').conflicts('nodeConfig'),
      ),
  ).addHelpText('after', storeHelp);
}

export function withNodeOption(command: Command): Command {
  return command.option(
    '--node-config <file>',
    'Node file (default: $ANTREA_NODE_CONFIG, or /etc/cni/net.d/antrea.d/node.json)',
  );
}

const storeHelp = `
Which store: that of --data-dir, --kubeconfig or --context; else the Node file's, if there is one; else the
cluster of $KUBECONFIG or ~/.kube/config; else files in /var/lib/cni/antrea. It is named on stderr.`;
