import { Counter } from 'prom-client';
import { attachedPortDriver } from '../../net/ovs/socket/attached-port-driver.ts';
import { exec } from '../../system/exec.ts';
import { messageOf } from '../../system/failure.ts';
import { fileJournal } from '../../system/journal.ts';
import { attachmentLocks } from '../attachment-lock.ts';
import type { Context, Service } from '../context.ts';
import { startUpkeep } from '../upkeep.ts';
import { repairPorts, type PortMeans } from './repair.ts';

/** Milliseconds: how often the ports are looked at, and how soon again after a failure, later and later. */
const interval = 10_000;
const retry = { first: 1000, last: 30_000 } as const;

/**
 * Keeps the ports of Pods as their attachments have made them: when Open vSwitch has lost its database, and when somebody
 * has changed them. What ovs-vswitchd needs after it was started again it has in the database: that takes nobody.
 */
export const ports: Service = {
  name: 'ports',
  start: async (context) => {
    const means = portMeans(context);
    const looks = looksOf(context);
    let problems: readonly string[] = ['the ports have not been looked at yet'];
    const lookAndTell = async (): Promise<boolean> => {
      const before = problems;
      problems = await look(context, means);
      looks.inc({ outcome: problems.length === 0 ? 'done' : 'failed' });
      if (problems.length > 0 && String(problems) !== String(before))
        context.log('error', 'ports are not as they should be', { problems });
      return problems.length === 0;
    };
    const { stop } = startUpkeep({ look: lookAndTell, interval, retry, changes: [context.ovs] });
    return { notReady: () => (problems.length === 0 ? undefined : summaryOf(problems)), stop };
  },
};

async function look({ settings }: Context, means: PortMeans): Promise<readonly string[]> {
  if (!settings.get().gates.SecondaryNetwork) return [];
  try {
    return await repairPorts(means);
  } catch (error) {
    return [messageOf(error)];
  }
}

function portMeans({ settings, files, registry, log }: Context): PortMeans {
  // What these are at the start holds for the life of the process.
  const { ovsdb: database, dataDir } = settings.get();
  const repairs = new Counter({
    name: 'antrea_agent_port_repairs_total',
    help: 'What was put right of ports of Pods.',
    labelNames: ['fault'],
    registers: [registry],
  });
  return {
    ovs: attachedPortDriver({ database, timeout: () => 5000, remaining: () => 20_000 }),
    journal: fileJournal(files, dataDir),
    locks: attachmentLocks(dataDir),
    exec,
    log,
    repaired: (fault) => repairs.inc({ fault }),
  };
}

function looksOf({ registry }: Context): Counter<'outcome'> {
  return new Counter({
    name: 'antrea_agent_port_looks_total',
    help: 'Times that the ports of Pods were compared with their attachments.',
    labelNames: ['outcome'],
    registers: [registry],
  });
}

function summaryOf([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first}; and ${others.length} more: the log has them`;
}
