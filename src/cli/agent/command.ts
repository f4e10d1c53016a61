import type { Command } from 'commander';
import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import type { Log } from '../../system/log.ts';
import { regularFiles } from '../regular-files.ts';
import type { Session } from '../session.ts';
import { untilAsked } from '../signals.ts';
import { writeLog } from '../verbose.ts';
import { examples, overview } from './help.ts';

interface Options {
  readonly config: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** `--no-cluster` makes it false. */
  readonly cluster: boolean;
  readonly listen: string;
  readonly verbose?: true;
}

/** `antrea agent` */
export function addAgentCommand(program: Command, session: Session): void {
  program
    .command('agent')
    .summary("keep a Node's secondary bridge as antrea-agent.conf describes it")
    .description(overview)
    .option('--config <file>', 'YAML file that describes this Node', '/etc/antrea/antrea-agent.conf')
    .option('--kubeconfig <file>', "kubeconfig (default: $KUBECONFIG, the Pod's ServiceAccount, or ~/.kube/config)")
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('--no-cluster', 'there is no API server: only the file says what is wanted')
    .option('--listen <address>', 'where /metrics, /healthz and /readyz are', ':10351')
    .addHelpText('after', examples)
    .action(async (_: object, command: Command) => run(command.optsWithGlobals<Options>(), session));
  addWatchdogCommand(program, session);
}

async function run(options: Options, session: Session): Promise<void> {
  const { terminal } = session;
  const { parseListen } = await import('../../system/http.ts');
  const { runAgent } = await import('../../agent/main.ts');
  const log = await writeLog(terminal, options.verbose === true ? 'debug' : 'info');
  const listen = parseListen(options.listen);
  const access = await accessOf(options, session, log);
  log('info', 'starting', { config: options.config, listen: options.listen });
  const nodeName = terminal.env['NODE_NAME'];
  await runAgent({ config: options.config, access, nodeName, listen, log, signal: untilAsked() });
  log('info', 'stopped');
  // What still waits for an answer need not be waited for.
  setTimeout(() => process.exit(), 500).unref();
}

async function accessOf(
  { kubeconfig, context, cluster }: Options,
  { terminal }: Session,
  log: Log,
): Promise<ClusterAccess | undefined> {
  if (!cluster) return undefined;
  const { findAccess } = await import('../access/find.ts');
  const { access, source } = await findAccess({ kubeconfig, context, env: terminal.env, files: regularFiles });
  log('info', 'found the cluster', { source, server: access.server.host });
  return access;
}

interface WatchdogOptions {
  readonly dataDir: string;
  readonly ovsdb: string;
}

/** Started by the agent; nobody else has a reason to. */
function addWatchdogCommand(program: Command, { terminal }: Session): void {
  program
    .command('agent-watchdog', { hidden: true })
    .requiredOption('--data-dir <folder>')
    .requiredOption('--ovsdb <address>')
    .action(async ({ dataDir, ovsdb }: WatchdogOptions) => {
      const { runWatchdog } = await import('../../agent/move/watchdog.ts');
      await runWatchdog({ dataDir, ovsdb, log: await writeLog(terminal, 'info') });
    });
}
