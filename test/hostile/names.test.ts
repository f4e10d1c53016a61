import { assert, asyncProperty, constantFrom } from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { goodConfig, pool, startBench, type Answer, type Bench, type HostileCall } from './harness.ts';
import { expectHarmlessOrders, expectRefusal } from './expectations.ts';
import { nasty, nastyTexts } from './texts.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterEach(() => bench.reset());
afterAll(() => bench.remove());

const ipam = (more: object): Readonly<Record<string, unknown>> =>
  goodConfig({ ipam: { type: 'antrea', ippools: [pool], ...more } });

/** Where a text of a tenant's, a Pod's or a runtime's comes in. */
const places: readonly { readonly place: string; readonly call: (text: string) => HostileCall }[] = [
  { place: 'CNI_IFNAME', call: (text) => ({ env: { CNI_IFNAME: text }, config: goodConfig() }) },
  { place: 'CNI_CONTAINERID', call: (text) => ({ env: { CNI_CONTAINERID: text }, config: goodConfig() }) },
  { place: 'CNI_NETNS', call: (text) => ({ env: { CNI_NETNS: text }, config: goodConfig() }) },
  { place: 'CNI_COMMAND', call: (text) => ({ env: { CNI_COMMAND: `x${text}` }, config: goodConfig() }) },
  { place: 'CNI_ARGS', call: (text) => ({ env: { CNI_ARGS: text }, config: goodConfig() }) },
  ...[
    'K8S_POD_NAMESPACE',
    'K8S_POD_NAME',
    'K8S_POD_UID',
    'K8S_POD_INFRA_CONTAINER_ID',
    'MAC',
    'IP',
    'IgnoreUnknown',
  ].map((key) => ({
    place: `${key} of CNI_ARGS`,
    call: (text: string) => ({ env: { CNI_ARGS: `${key}=${text}` }, config: goodConfig() }),
  })),
  ...['cniVersion', 'name', 'type', 'networkType', 'bridge', 'mac', 'vlan', 'mtu', 'trunk', 'acceptRA'].map((key) => ({
    place: key,
    call: (text: string) => ({ config: goodConfig({ [key]: text }) }),
  })),
  { place: 'a key', call: (text) => ({ config: goodConfig({ [text]: 1 }) }) },
  { place: 'runtimeConfig.mac', call: (text) => ({ config: goodConfig({ runtimeConfig: { mac: text } }) }) },
  { place: 'runtimeConfig.ips', call: (text) => ({ config: goodConfig({ runtimeConfig: { ips: [text] } }) }) },
  { place: 'args.cni.mac', call: (text) => ({ config: goodConfig({ args: { cni: { mac: text } } }) }) },
  { place: 'args.cni.ips', call: (text) => ({ config: goodConfig({ args: { cni: { ips: [text] } } }) }) },
  { place: 'ipam.type', call: (text) => ({ config: ipam({ type: text }) }) },
  { place: 'ipam.ippools', call: (text) => ({ config: ipam({ ippools: [text] }) }) },
  { place: 'ipam.addresses[].address', call: (text) => ({ config: ipam({ addresses: [{ address: text }] }) }) },
  {
    place: 'ipam.addresses[].gateway',
    call: (text) => ({ config: ipam({ addresses: [{ address: '10.0.0.5/24', gateway: text }] }) }),
  },
  { place: 'ipam.routes[].dst', call: (text) => ({ config: ipam({ routes: [{ dst: text }] }) }) },
  { place: 'ipam.routes[].gw', call: (text) => ({ config: ipam({ routes: [{ dst: '10.0.0.0/8', gw: text }] }) }) },
  { place: 'ipam.dns.domain', call: (text) => ({ config: ipam({ dns: { domain: text } }) }) },
  ...['name', 'mac', 'sandbox'].map((key) => ({
    place: `prevResult.interfaces[].${key}`,
    call: (text: string) => ({ config: goodConfig({ prevResult: { interfaces: [{ name: 'eth0', [key]: text }] } }) }),
  })),
  {
    place: 'prevResult.ips[].address',
    call: (text) => ({ config: goodConfig({ prevResult: { ips: [{ address: text }] } }) }),
  },
  {
    place: 'prevResult.routes[].dst',
    call: (text) => ({ config: goodConfig({ prevResult: { routes: [{ dst: text }] } }) }),
  },
];

describe.each(places)('a hostile text in $place', ({ call }) => {
  test('is refused by ADD with nothing changed, or does no harm', async () => {
    for (const text of nastyTexts) await add(call(text));
    await assert(
      asyncProperty(nasty(), (text) => add(call(text))),
      { numRuns: 30 },
    );
  });

  test('is answered properly by every other verb', async () => {
    await assert(
      asyncProperty(constantFrom('DEL', 'CHECK', 'GC', 'STATUS'), nasty(), async (command, text) => {
        judge(await bench.call({ command, ...call(text) }), command);
      }),
      { numRuns: 30 },
    );
  });
});

async function add(call: HostileCall): Promise<void> {
  const answer = await bench.call(call);
  judge(answer, 'ADD');
  if (answer.changed) bench.reset();
}

function judge(answer: Answer, command: string): void {
  for (const run of answer.runs) {
    expect([run.command, ...run.args, ...Object.values(run.env ?? {})].filter((word) => word.includes('\0'))).toEqual(
      [],
    );
  }
  if (answer.exit !== 0) {
    expectRefusal(answer, command);
  } else if (command === 'ADD' && answer.runs.length > 0) {
    // As the IPAM plugin of another one, it runs nothing.
    expectHarmlessOrders(answer);
  }
}
