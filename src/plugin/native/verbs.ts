import type { Call, Verbs } from '../../cni/dispatch.ts';
import type { Context } from '../context.ts';
import { add } from './add.ts';
import { check } from './check.ts';
import { del } from './del.ts';
import { gc } from './gc.ts';
import { openNative } from './native.ts';
import { status } from './status.ts';

/** The plugin as the last one of the Node's own list: `networkType: secondary`. */
export function nativeVerbs(context: Context, contextFor: (call: Call) => Context): Verbs {
  const native = openNative(context, contextFor);
  return {
    add: () => add(native),
    del: () => del(native),
    check: () => check(native),
    gc: () => gc(native),
    status: () => status(native),
  };
}
