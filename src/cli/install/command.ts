import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { parseDuration } from '../duration.ts';
import type { Session } from '../session.ts';
import { withNodeOption } from '../store-options.ts';
import { examples, overview } from './help.ts';
import { parsePluginName } from './plugin-name.ts';

export interface InstallOptions {
  readonly cniBinDir: string;
  readonly cniConfDir: string;
  readonly nodeConfig?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly server?: string;
  readonly nodeName?: string;
  readonly pluginName: string;
  readonly executable?: string;
  readonly mode: 'native' | 'multus';
  /** Milliseconds. */
  readonly tokenLifetime: number;
  readonly watch?: true;
  readonly uninstall?: true;
  readonly dryRun?: true;
  readonly verbose?: true;
}

/** `antrea install` */
export function addInstallCommand(program: Command, session: Session): void {
  const command = program
    .command('install')
    .summary('install the plugin, its credentials and its place in the CNI configuration on this Node')
    .description(overview)
    .addOption(
      new Option('--mode <mode>', 'who calls the plugin: the container runtime, or Multus')
        .choices(['native', 'multus'])
        .default('native'),
    )
    .option('--cni-bin-dir <dir>', 'where the container runtime looks for plugins', '/opt/cni/bin')
    .option('--cni-conf-dir <dir>', 'where it looks for the configuration of the network', '/etc/cni/net.d')
    .option('--kubeconfig <file>', 'to ask for tokens with (default: see above)')
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('--server <url>', 'API server that the plugin shall use (default: the one that is asked here)')
    .option('--node-name <name>', "this Node (default: that of the Node file, $NODE_NAME, or the host's name)")
    .addOption(
      new Option('--plugin-name <name>', "name of the installed executable, and networks' type")
        .argParser(parsePluginName)
        .default('antrea'),
    )
    .option('--executable <file>', 'what to install (default: this executable)')
    .addOption(
      new Option('--token-lifetime <time>', 'how long a token shall be valid')
        .argParser(parseDuration)
        .default(parseDuration('24h'), '24h'),
    );
  withNodeOption(command)
    .addOption(new Option('--watch', 'keep token and conflist up to date, until SIGTERM').conflicts('dryRun'))
    .addOption(new Option('--uninstall', 'take away what was installed').conflicts('watch'))
    .option('--dry-run', 'say what would be done, and do nothing')
    .addHelpText('after', examples)
    .action(async (_: object, self: Command) => run(self.optsWithGlobals<InstallOptions>(), session));
}

async function run(options: InstallOptions, session: Session): Promise<void> {
  const { runInstall, runUninstall } = await import('./run.ts');
  const whole = { ...options, cniBinDir: resolve(options.cniBinDir), cniConfDir: resolve(options.cniConfDir) };
  await (options.uninstall === true ? runUninstall(whole, session) : runInstall(whole, session));
}
