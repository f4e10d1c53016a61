import { afterAll, beforeAll, expect, it } from 'vitest';
import { objectsIn, parseJson, textAt } from '../fixture/json.ts';
import type { Netns } from '../fixture/netns.ts';
import { ipsOf, resultOf, succeeded } from '../fixture/outcome.ts';
import { until } from '../fixture/until.ts';
import { attachment, ipam, network, noTraces, reaches, startBed, type Bed } from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await bed.applyPools(
    { name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1', vlan: 100 },
    { name: 'six', ranges: ['fd00:10:1::10-fd00:10:1::60'], gateway: 'fd00:10:1::1', prefixLength: 64, vlan: 100 },
  );
});
afterAll(() => bed.stop());

it.each([
  { family: 'IPv4', pool: 'four', moved: '10.10.1.40' },
  { family: 'IPv6', pool: 'six', moved: 'fd00:10:1::40' },
])(
  'a neighbour that knows a moved $family address from its old Pod reaches the new one at once',
  async ({ pool, moved }) => {
    const [neighbour, old, next] = [await bed.pod(), await bed.pod(), await bed.pod()];
    const config = network({ capabilities: { ips: true }, ...ipam(pool) });
    const asking = { runtimeConfig: { ips: [moved] } };
    succeeded(await bed.runtime.add(attachment(neighbour, config)));
    const oldMAC = macIn(resultOf(await bed.runtime.add(attachment(old, config, asking))));
    expect(await reaches(neighbour, moved)).toBe(true);
    succeeded(await bed.runtime.del(attachment(old, config)));
    expect(await knownMAC(neighbour, moved)).toBe(oldMAC);

    const added = await bed.runtime.add(attachment(next, config, asking));
    expect(ipsOf(added)[0]).toContain(moved);
    const newMAC = macIn(resultOf(added));
    expect(newMAC).not.toBe(oldMAC);
    // By the announcement alone: nobody asks. On a busy machine it is a moment under way; the old entry holds for longer.
    const isTold = async (): Promise<boolean> => (await knownMAC(neighbour, moved)) === newMAC;
    await until(isTold, { what: 'the announcement', timeoutMs: 30_000 });
    expect(await reaches(neighbour, moved)).toBe(true);
    succeeded(await bed.runtime.del(attachment(next, config)));
    succeeded(await bed.runtime.del(attachment(neighbour, config)));
    expect(await bed.traces()).toStrictEqual(noTraces);
  },
);

/** What the kernel there believes, fresh or stale. */
async function knownMAC(at: Netns, address: string): Promise<string | undefined> {
  const entries = objectsIn(parseJson(await at.exec('ip', '-json', 'neighbour', 'show', 'dev', 'net1')));
  const entry = entries.find((one) => textAt(one, 'dst') === address);
  return entry && textAt(entry, 'lladdr');
}

function macIn(result: Readonly<Record<string, unknown>>): string | undefined {
  const container = objectsIn(result['interfaces']).at(-1);
  return container && textAt(container, 'mac');
}
