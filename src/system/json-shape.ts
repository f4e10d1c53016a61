import { Failure } from './failure.ts';
import type { JsonObject } from './json-object.ts';
import { quote } from './quote.ts';

const deepest = 64;

/**
 * Bounds untrusted JSON in depth, and refuses `__proto__` keys.
 * @param what names the input in the message
 * @throws Failure `decode`
 */
export function refuseHostileShapes(root: object, what: string): void {
  eachLevel(root, (level, depth) => {
    if (depth > deepest) throw new Failure('decode', `${what} is nested deeper than ${deepest} levels`);
    if (level.some((container) => Object.hasOwn(container, '__proto__'))) {
      throw new Failure('decode', `${what} has the key "__proto__"`);
    }
  });
}

/**
 * Plugins that are written in Go take a key for another one whatever its case, and of two the later one. So a key could
 * mean something to them that it does not mean to whoever has checked it.
 * @param reserved keys of the object itself that are to be written just so
 * @throws Failure `decode`
 * @see https://pkg.go.dev/encoding/json#Unmarshal
 */
export function refuseAmbiguousKeys(root: JsonObject, rules: AmbiguityRules): void {
  refuseOtherCase(root, rules);
  eachLevel(root, (level) => {
    for (const container of level) refuseTwins(container, rules.what);
  });
}

/**
 * Refuses keys of the object itself that are one of `reserved` but for their case: they would have no effect, where
 * plugins that are written in Go take `VLAN` for `vlan`.
 * @throws Failure `decode`
 */
export function refuseOtherCase(root: JsonObject, { what, reserved }: AmbiguityRules): void {
  for (const key of Object.keys(root)) {
    if (reserved.includes(key)) continue;
    const form = folded(key);
    const meant = reserved.find((one) => folded(one) === form);
    if (meant !== undefined) throw new Failure('decode', `${what} has the key ${quote(key)}: expected ${quote(meant)}`);
  }
}

export interface AmbiguityRules {
  readonly what: string;
  readonly reserved: readonly string[];
}

function refuseTwins(container: object, what: string): void {
  if (Array.isArray(container)) return;
  const seen = new Map<string, string>();
  for (const key of Object.keys(container)) {
    const form = folded(key);
    const twin = seen.get(form);
    if (twin !== undefined)
      throw new Failure('decode', `${what} has the keys ${quote(twin)} and ${quote(key)}: expected one of them`);
    seen.set(form, key);
  }
}

/** Upper case first: then `ſ` is an `s`, and the sign of Kelvin a `k`, as they are for Go. */
function folded(key: string): string {
  return key.toUpperCase().toLowerCase();
}

/** Level by level, so that depth costs no stack. */
function eachLevel(root: object, look: (level: readonly object[], depth: number) => void): void {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    look(level, depth);
    level = level.flatMap(containersIn);
  }
}

function containersIn(container: object): object[] {
  const values: readonly unknown[] = Object.values(container);
  return values.filter((value) => typeof value === 'object' && value !== null);
}
