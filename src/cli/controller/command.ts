import type { Command } from 'commander';
import { files } from '../../system/files.ts';
import type { Log } from '../../system/log.ts';
import type { Session } from '../session.ts';
import { parseDuration } from './duration.ts';
import { examples, overview } from './help.ts';

interface Options {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly listen: string;
  readonly leaseDuration: number;
  readonly lostNodeAfter: number;
}

/** `antrea controller` */
export function addControllerCommand(program: Command, session: Session): void {
  program
    .command('controller')
    .summary('keep the pools of a cluster true: their status, and no address of a Pod that is gone')
    .description(overview)
    .option('--kubeconfig <file>', "kubeconfig (default: $KUBECONFIG, the Pod's ServiceAccount, or ~/.kube/config)")
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('--listen <address>', 'where /metrics, /healthz and /readyz are', ':10350')
    .option('--lease-duration <time>', 'silence of the leader after which another one takes over', parseDuration, 15_000)
    .option('--lost-node-after <time>', 'silence of a Node after which its Pods count as gone', parseDuration, 86_400_000)
    .addHelpText('after', examples)
    .action(async (options: Options) => run(options, session));
}

async function run(options: Options, { terminal, verbose }: Session): Promise<void> {
  const { runController } = await import('../../controller/main.ts');
}
