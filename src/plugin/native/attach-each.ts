import type { SandboxAttachment, SandboxRecord } from '../../system/sandboxes.ts';
import { refuseTakenName } from './delegates.ts';
import { naming } from './naming.ts';
import type { Native } from './native.ts';
import { attachNetwork } from './one-network.ts';

export interface Work {
  /** In the order of the annotation. */
  readonly plans: readonly SandboxAttachment[];
  /** As it has been written: what is begun, and what is done. */
  record: SandboxRecord;
}

/**
 * Attaches all networks: first those of our own type, which wait for the API server and Open vSwitch at the same time,
 * then those of other plugins, in their order. The record has them in the order of the annotation afterwards.
 * @throws Failure of the first one that failed; what has been made is in the record
 */
export async function attachEach(native: Native, work: Work): Promise<void> {
  const { plans } = work;
  await attachTogether(
    native,
    work,
    plans.filter(({ kind }) => kind === 'vlan'),
  );
  for (const plan of plans.filter(({ kind }) => kind === 'delegates')) {
    await naming(plan.nad, () => refuseTakenName(native, plan.ifname));
    await attachTogether(native, work, [plan]);
  }
  const places = plans.map(({ ifname }) => ifname);
  const attachments = work.record.attachments.toSorted((a, b) => places.indexOf(a.ifname) - places.indexOf(b.ifname));
  work.record = { ...work.record, attachments };
}

export function writeRecord({ sandboxes }: Native, work: Work, changes: Partial<SandboxRecord>): void {
  work.record = { ...work.record, ...changes };
  sandboxes.write(work.record);
}

/** Waits for all of them, also when one has failed: nothing may be under way when they are taken back. */
async function attachTogether(native: Native, work: Work, plans: readonly SandboxAttachment[]): Promise<void> {
  if (plans.length === 0) return;
  const earlier = work.record.attachments;
  writeRecord(native, work, { attachments: [...earlier, ...plans] });
  const failures: unknown[] = [];
  const attached = plans.map(async (plan): Promise<readonly SandboxAttachment[]> => {
    try {
      return [{ ...plan, result: await attachNetwork(native, plan) }];
    } catch (error) {
      failures.push(error);
      return isTakenBack(native, plan) ? [] : [plan];
    }
  });
  const attachments = [...earlier, ...(await Promise.all(attached)).flat()];
  work.record = { ...work.record, attachments };
  if (failures.length === 0) return;
  writeRecord(native, work, { attachments });
  throw failures[0];
}

/** A VLAN network takes itself back when it fails; what it cannot take back, its journal has. */
function isTakenBack({ context, request }: Native, { kind, ifname }: SandboxAttachment): boolean {
  const id = { containerID: request.containerID, ifname };
  return kind === 'vlan' && context.journal.read(id) === undefined && !context.journal.isDamaged(id);
}
