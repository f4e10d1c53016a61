import { type Command, Option } from 'commander';
import { parseDuration } from '../duration.ts';
import { regularFiles } from '../regular-files.ts';
import type { Session } from '../session.ts';
import { untilAsked } from '../signals.ts';
import { writeLog } from '../verbose.ts';
import { examples, overview } from './help.ts';
import { parseLeaseDuration } from './lease-duration.ts';

interface Options {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly listen: string;
  /** Milliseconds. */
  readonly leaseDuration: number;
  /** Milliseconds, as those below. */
  readonly lostNodeAfter: number;
  readonly cleanupGrace: number;
  readonly cleanupInterval: number;
  readonly verbose?: true;
}

/** `antrea controller` */
export function addControllerCommand(program: Command, session: Session): void {
  program
    .command('controller')
    .summary("keep a cluster's pools true, and free addresses of Pods that are gone")
    .description(overview)
    .option('--kubeconfig <file>', "kubeconfig (default: $KUBECONFIG, the Pod's ServiceAccount, or ~/.kube/config)")
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('--listen <address>', 'where /metrics, /healthz and /readyz are', ':10350')
    .addOption(timeOption('--lost-node-after <time>', 'silence of a Node after which its Pods count as gone', '24h'))
    .addOption(
      timeOption('--cleanup-grace <time>', 'time that a Pod must be gone before its addresses are freed', '10m'),
    )
    .addOption(timeOption('--cleanup-interval <time>', 'time between two looks at all addresses', '1m'))
    .addOption(
      timeOption('--lease-duration <time>', 'silence of the leader after which another one works', '15s').argParser(
        parseLeaseDuration,
      ),
    )
    .addHelpText('after', examples)
    .action(async (_: object, command: Command) => run(command.optsWithGlobals<Options>(), session));
}

function timeOption(flags: string, description: string, byDefault: string): Option {
  return new Option(flags, description).argParser(parseDuration).default(parseDuration(byDefault), byDefault);
}

async function run(options: Options, { terminal }: Session): Promise<void> {
  // V8 lets a heap grow to several times of what is in use, for speed that nobody waits for here: 290 MB become 150.
  process.getBuiltinModule('node:v8').setFlagsFromString('--optimize-for-size');
  const { findAccess } = await import('../access/find.ts');
  const { parseListen } = await import('../../system/http.ts');
  const { runController } = await import('../../controller/main.ts');
  const { kubeconfig, context, leaseDuration, lostNodeAfter, verbose } = options;
  const cleanup = { lostNodeAfter, grace: options.cleanupGrace, interval: options.cleanupInterval };
  const log = await writeLog(terminal, verbose === true ? 'debug' : 'info');
  const listen = parseListen(options.listen);
  const { access, source } = await findAccess({ kubeconfig, context, env: terminal.env, files: regularFiles });
  log('info', 'starting', { source, server: access.server.host, listen: options.listen });
  await runController({ access, listen, leaseDuration, cleanup, log, signal: untilAsked() });
  log('info', 'stopped');
  // What still waits for an answer need not be waited for.
  setTimeout(() => process.exit(), 500).unref();
}
