import { afterAll, beforeAll, expect, test } from 'vitest';
import { ipsOf, succeeded } from '../fixture/outcome.ts';
import { startScene, type Mode, type Scene } from './stress/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

/** ANTREA_BURST=1000, say, on a machine with time; the benchmark has the large storms. */
const count = Number(process.env['ANTREA_BURST'] ?? 100);

test.each([
  { mode: 'vlan', parts: 5 },
  { mode: 'ipam', parts: 2 },
] as const)(
  `${count} ADDs at once, then ${count} DELs at once, all succeed, share no address and leave nothing ($mode)`,
  { timeout: 180_000 + count * 1000 },
  async ({ mode, parts }) => {
    const sandboxes = Array.from({ length: count }, () => scene.sandbox(mode satisfies Mode));
    const added = await Promise.all(sandboxes.map((sandbox) => scene.runtime.add(sandbox)));
    expect(new Set(added.flatMap(ipsOf)).size).toBe(count);
    expect(await scene.left(...sandboxes)).toHaveLength(parts * count);
    const deleted = await Promise.all(sandboxes.map((sandbox) => scene.runtime.del(sandbox)));
    for (const call of deleted) succeeded(call);
    expect(await scene.left(...sandboxes)).toEqual([]);
  },
);
