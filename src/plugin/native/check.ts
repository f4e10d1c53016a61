import { Failure } from '../../system/failure.ts';
import { tryAll } from '../../system/try-all.ts';
import type { Native } from './native.ts';
import { checkNetwork } from './one-network.ts';

/**
 * CHECK of every network that the sandbox has got. That the annotation has changed since is none of its business.
 * @throws Failure `check`, or what a network's own plugin says
 */
export async function check(native: Native): Promise<void> {
  const { sandboxes, request } = native;
  const record = sandboxes.read(request);
  if (record === undefined && !sandboxes.isDamaged(request)) return;
  if (record?.complete !== true) {
    throw new Failure(
      'check',
      `container ${request.containerID} has not got all of its secondary networks, or its record is damaged`,
    );
  }
  await tryAll(record.attachments.map((attachment) => () => checkNetwork(native, attachment)));
}
