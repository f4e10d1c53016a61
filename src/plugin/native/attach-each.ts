import type { SandboxAttachment, SandboxRecord } from '../../system/sandboxes.ts';
import { naming } from '../naming.ts';
import { addDelegates, refuseTakenName } from './delegates.ts';
import type { Native } from './native.ts';
import { labelOf } from './label.ts';
import { attachVlans } from './vlan-networks.ts';

export interface Work {
  /** In the order of the annotation. */
  readonly plans: readonly SandboxAttachment[];
  /** As it has been written: what is begun, and what is done. */
  record: SandboxRecord;
}

/**
 * Attaches all networks: first those of our own type, together, then those of other plugins, in their order. The record
 * has them in the order of the annotation afterwards.
 * @throws Failure of the first one that failed; what has been made is in the record
 */
export async function attachEach(native: Native, work: Work): Promise<void> {
  const { plans } = work;
  const vlans = plans.filter(({ kind }) => kind === 'vlan');
  await step(native, work, { plans: vlans, attach: () => attachVlans(native, vlans) });
  for (const plan of plans.filter(({ kind }) => kind === 'delegates')) {
    await naming(labelOf(plan), () => refuseTakenName(native, plan.ifname));
    await step(native, work, {
      plans: [plan],
      attach: () => naming(labelOf(plan), async () => [{ ...plan, result: await addDelegates(native, plan) }]),
    });
  }
  const places = plans.map(({ ifname }) => ifname);
  const attachments = work.record.attachments.toSorted((a, b) => places.indexOf(a.ifname) - places.indexOf(b.ifname));
  work.record = { ...work.record, attachments };
}

export function writeRecord({ sandboxes }: Native, work: Work, changes: Partial<SandboxRecord>): void {
  work.record = { ...work.record, ...changes };
  sandboxes.write(work.record);
}

interface Step {
  readonly plans: readonly SandboxAttachment[];
  /** @returns the plans with their results */
  readonly attach: () => Promise<readonly SandboxAttachment[]>;
}

/** They stand in the record before anything is made. */
async function step(native: Native, work: Work, { plans, attach }: Step): Promise<void> {
  if (plans.length === 0) return;
  const earlier = work.record.attachments;
  writeRecord(native, work, { attachments: [...earlier, ...plans] });
  try {
    work.record = { ...work.record, attachments: [...earlier, ...(await attach())] };
  } catch (error) {
    writeRecord(native, work, { attachments: [...earlier, ...plans.filter((plan) => !isTakenBack(native, plan))] });
    throw error;
  }
}

/** VLAN networks take themselves back when one fails; what they cannot take back, the journal has. */
function isTakenBack({ context, request }: Native, { kind, ifname }: SandboxAttachment): boolean {
  const id = { containerID: request.containerID, ifname };
  return kind === 'vlan' && context.journal.read(id) === undefined && !context.journal.isDamaged(id);
}
