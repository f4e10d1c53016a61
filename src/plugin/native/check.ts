import { readNetworkConfig } from '../../cni/network-config.ts';
import { atLeast } from '../../cni/version.ts';
import { Failure } from '../../system/failure.ts';
import type { SandboxAttachment } from '../../system/sandboxes.ts';
import { tryAll } from '../../system/try-all.ts';
import { naming } from '../naming.ts';
import { checkDelegates } from './delegates.ts';
import { labelOf } from './label.ts';
import type { Native } from './native.ts';
import { checkVlan } from './vlan-networks.ts';

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
  await tryAll(
    record.attachments.map(
      (attachment) => () => naming(labelOf(attachment), async () => checkNetwork(native, attachment)),
    ),
  );
}

/** A network of a version that has no CHECK is passed over. */
async function checkNetwork(native: Native, attachment: SandboxAttachment): Promise<void> {
  const [plugin = {}] = attachment.plugins;
  if (!atLeast(readNetworkConfig('DEL', plugin).cniVersion, '0.4.0')) return;
  if (attachment.result === undefined) throw new Failure('check', 'it was not attached to the end');
  if (attachment.kind === 'delegates') checkDelegates(native, attachment);
  else await checkVlan(native, attachment);
}
