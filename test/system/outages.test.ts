import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultOf, succeeded, type Outcome } from '../fixture/outcome.ts';
import { attachment, hostInterfaceOf, ipam, network, noTraces, refusal, startBed, type Bed } from './bed.ts';

const config = network(ipam('four', 'six'));

async function startBedWithPools(): Promise<Bed> {
  const bed = await startBed();
  await bed.applyPools(
    { name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1', vlan: 100 },
    { name: 'six', ranges: ['fd00:10:1::10-fd00:10:1::60'], gateway: 'fd00:10:1::1', prefixLength: 64, vlan: 100 },
  );
  return bed;
}

/** What can be seen while OVS does not answer. */
async function tracesWithoutOvs(bed: Bed) {
  const { links, journal, held } = await bed.tracesOnNode();
  return { links, journal: journal.length, held };
}

const nothing = { links: [], journal: 0, held: [] };

/** Two commands of OVS at most, each of which ends after five seconds; the rest is for a busy machine. */
function expectTryAgain(outcome: Outcome): void {
  expect(refusal(outcome)).toMatch(/^11: /u);
  expect(outcome.durationMs).toBeLessThan(40_000);
}

describe('without ovsdb-server', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await startBedWithPools();
  });
  afterAll(() => bed.stop());

  it('ADD says at once to try again, and leaves nothing; DEL removes the rest, says the same, and finishes later', async () => {
    const [attached, late] = [await bed.pod(), await bed.pod()];
    const wanted = attachment(attached, config);
    const added = await bed.runtime.add(wanted);
    await bed.node.ovs.ovsdb.kill();

    const refused = await bed.runtime.add(attachment(late, config));
    expect(refusal(refused)).toBe(`11: Open vSwitch's database cannot be reached at ${bed.node.ovs.socket}`);
    expect((await bed.held()).length).toBe(2);
    expect((await late.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
    expect(refusal(await bed.runtime.check({ ...wanted, prevResult: resultOf(added) }))).toMatch(/^11: /u);

    expectTryAgain(await bed.runtime.del(wanted));
    expect(await tracesWithoutOvs(bed)).toStrictEqual({ ...nothing, journal: 1 });
    expect((await attached.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
    expectTryAgain(await bed.runtime.del(wanted));

    await bed.node.ovs.restart();
    expect(await bed.node.ovs.ports(bed.node.bridge)).toStrictEqual([hostInterfaceOf(added)]);
    succeeded(await bed.runtime.del(wanted));
    succeeded(await bed.runtime.del(attachment(late, config)));
    expect(await bed.traces()).toStrictEqual(noTraces);
    succeeded(await bed.runtime.add(wanted));
    succeeded(await bed.runtime.del(wanted));
  });
});

describe.concurrent('while it hangs', () => {
  it('ovsdb-server: ADD ends in time and leaves nothing, for it has asked for nothing yet', async () => {
    const bed = await startBedWithPools();
    const wanted = attachment(await bed.pod(), config);
    bed.node.ovs.ovsdb.pause();
    expectTryAgain(await bed.runtime.add(wanted));
    expect(await tracesWithoutOvs(bed)).toStrictEqual(nothing);
    bed.node.ovs.ovsdb.resume();
    expect(await bed.node.ovs.ports(bed.node.bridge)).toStrictEqual([]);
    succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
    await bed.stop();
  });

  it('ovsdb-server: DEL ends in time with link and addresses gone, and finishes later', async () => {
    const bed = await startBedWithPools();
    const wanted = attachment(await bed.pod(), config);
    succeeded(await bed.runtime.add(wanted));
    bed.node.ovs.ovsdb.pause();
    expectTryAgain(await bed.runtime.del(wanted));
    expect(await tracesWithoutOvs(bed)).toStrictEqual({ ...nothing, journal: 1 });
    bed.node.ovs.ovsdb.resume();
    succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
    await bed.stop();
  });

  it('ovs-vswitchd: ADD ends in time and leaves nothing; DEL works', async () => {
    const bed = await startBedWithPools();
    const [attached, late] = [await bed.pod(), await bed.pod()];
    succeeded(await bed.runtime.add(attachment(attached, config)));
    bed.node.ovs.vswitchd.pause();
    expectTryAgain(await bed.runtime.add(attachment(late, config)));
    succeeded(await bed.runtime.del(attachment(attached, config)));
    expect(await bed.traces()).toStrictEqual(noTraces);
    expect((await late.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
    bed.node.ovs.vswitchd.resume();
    succeeded(await bed.runtime.add(attachment(late, config)));
    succeeded(await bed.runtime.del(attachment(late, config)));
    await bed.stop();
  });
});
