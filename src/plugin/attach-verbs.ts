import type { Verbs } from '../cni/dispatch.ts';
import { add } from './add.ts';
import { tidily } from './begun.ts';
import { check } from './check.ts';
import type { Context } from './context.ts';
import { del } from './del.ts';
import { gc } from './gc.ts';
import { readPoolsAhead } from './read-ahead.ts';
import { status } from './status.ts';
import { settleIfPossible } from './unsettled.ts';

/** The plugin as a main plugin: `networkType: vlan`. */
export function attachVerbs(context: Context): Verbs {
  return {
    add: () =>
      tidily(context, async () => {
        await readPoolsAhead(context);
        return add(context);
      }),
    del: async () => {
      await del(context);
      await settleIfPossible(context);
    },
    check: () => check(context),
    gc: () => gc(context, { wiring: true }),
    status: () => status(context),
  };
}
