import { exclusively } from '../exclusive.ts';
import { settleIfPossible } from '../unsettled.ts';
import { detachAll, detachUnrecorded } from './detach-all.ts';
import type { Native } from './native.ts';

/** DEL: all that the sandbox's record names. Neither Pod nor networks are read, and the API server only to free addresses. */
export async function del(native: Native): Promise<void> {
  const { context, request, sandboxes } = native;
  await exclusively(context, request, async () => {
    const record = sandboxes.read(request);
    if (record !== undefined) await detachAll(native, record);
    else if (sandboxes.isDamaged(request)) await detachUnrecorded(native);
    else sandboxes.remove(request);
  });
  await settleIfPossible(context);
}
