import { readyOrNot } from '../status.ts';
import type { Native } from './native.ts';
import { readSecondaryOptions } from './options.ts';

/**
 * STATUS: whether a Pod without secondary networks could start now. That takes the API server, which tells that it has
 * none; neither Open vSwitch nor a pool.
 * @throws Failure `not-ready` (code 50)
 */
export async function status(native: Native): Promise<void> {
  await readyOrNot(async () => {
    readSecondaryOptions(native.context.call.config.raw);
    // Whether the answer to the usual question comes at all: there is no Pod of that name.
    const path = '/api/v1/namespaces/antrea-cni/pods/no-such-pod';
    await native.cluster().send({ method: 'GET', path, expect: [404] });
  });
}
