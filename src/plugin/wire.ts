import { attach, type Attachment } from '../net/attach.ts';
import { deleteLinks, detach } from '../net/detach.ts';
import { OvsUnreachable } from '../net/ovs/failures.ts';
import { PortFailure } from '../net/port-failure.ts';
import type { Failure } from '../system/failure.ts';
import { tryAll } from '../system/try-all.ts';
import { markOf, type Context } from './context.ts';
import type { Step } from './journalled.ts';
import { labelOf, type Member } from './member.ts';
import { named } from './naming.ts';

/** A member, and the attachment that it is to have. */
export interface Wired extends Member {
  readonly attachment: Attachment;
}

interface Wanted {
  /** Descriptor of the open network namespace. */
  readonly netns: number;
  readonly plans: readonly Wired[];
}

/**
 * Makes the attachments, and says how to take them back.
 * @throws Failure naming the network that it is about, or all
 */
export async function wire(shared: Context, { netns, plans }: Wanted, undo: Step[]): Promise<void> {
  const attachments = plans.map(({ attachment }) => attachment);
  const mark = markOf(shared.call.request);
  const hostInterfaces = attachments.map(({ host }) => host.name);
  const unwire: Step = async () => throwAll(await detach(shared, { hostInterfaces, mark }));
  try {
    await attach(shared, { netns, attachments, mark });
    undo.push(unwire);
  } catch (error) {
    undo.push(error instanceof OvsUnreachable ? async () => throwAll(deleteLinks(shared, hostInterfaces)) : unwire);
    const about = plans.filter(({ attachment }) => error instanceof PortFailure && attachment.host.name === error.port);
    throw named(error, labelOf(about.length > 0 ? about : plans));
  }
}

async function throwAll(failures: readonly Failure[]): Promise<void> {
  await tryAll(
    failures.map((failure) => async () => {
      throw failure;
    }),
  );
}
