import { runController } from '../../../src/controller/main.ts';
import type { CleanupOptions } from '../../../src/controller/cleanup/cleanup.ts';
import { readKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { files } from '../../../src/system/files.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { freePort } from '../../cluster/ports.ts';
import { until } from '../../fixture/until.ts';

/** `antrea controller`, in this process, with the rights of its ServiceAccount. */
export interface RunningController {
  readonly log: readonly LogLine[];
  /** The value of a metric without labels, or the sum of all its values. */
  readonly metric: (name: string) => Promise<number>;
  /** Waits until clean-up has looked at everything this many times more, from beginning to end. */
  readonly sweeps: (count: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface ControllerChoice {
  readonly token: string;
  /** Default: the cluster's own. */
  readonly server?: string;
  readonly cleanup?: Partial<CleanupOptions>;
}

/** Milliseconds, unless a test chooses others. */
export const quick: CleanupOptions = { interval: 50, grace: 1000, lostNodeAfter: 3_600_000 };

export async function startController(cluster: Cluster, choice: ControllerChoice): Promise<RunningController> {
  const { token, server = cluster.server, cleanup } = choice;
  const access = readKubeconfig(files, cluster.kubeconfig({ token }, { server }));
  const port = await freePort();
  const log: LogLine[] = [];
  const end = new AbortController();
  const ended = runController({
    access,
    listen: { host: '127.0.0.1', port },
    // Who could not renew it for so long would begin anew, and give counts anew.
    leaseDuration: 15_000,
    cleanup: { ...quick, ...cleanup },
    log: (level, message, facts = {}) => void log.push({ level, message, facts }),
    signal: end.signal,
  });
  const metric = async (name: string): Promise<number> => {
    const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(async (answer) => answer.text());
    const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  };
  const swept = (): Promise<number> => metric('antrea_controller_sweeps_total');
  return {
    log,
    metric,
    async sweeps(count) {
      // One may be under way that began before.
      const goal = (await swept()) + count + 1;
      await until(async () => (await swept()) >= goal, { what: `${count} sweeps`, everyMs: 20 });
    },
    async stop() {
      end.abort();
      await ended;
    },
  };
}
