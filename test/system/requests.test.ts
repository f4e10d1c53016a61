import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../fixture/json.ts';
import { errorOf, ipsOf, succeeded } from '../fixture/outcome.ts';
import { attachment, ipam, network, noTraces, startBed, type Bed } from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await bed.applyPools(
    { name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1' },
    { name: 'six', ranges: ['fd00:10:1::10-fd00:10:1::60'], gateway: 'fd00:10:1::1', prefixLength: 64 },
  );
});
afterAll(() => bed.stop());

interface Asked {
  readonly runtimeConfig?: JsonObject;
  readonly cni?: JsonObject;
  readonly args?: Readonly<Record<string, string>>;
}

function asking({ runtimeConfig, cni }: Asked, conf: object): object {
  return network({
    ...conf,
    capabilities: { ips: true, mac: true },
    ...(runtimeConfig && { runtimeConfig }),
    ...(cni && { args: { cni } }),
  });
}

describe('addresses that are asked for', () => {
  const args = { IgnoreUnknown: '1', IP: '10.10.1.33' };
  it.each<{ asked: Asked; gives: string }>([
    { asked: { runtimeConfig: { ips: ['10.10.1.31'] }, cni: { ips: ['10.10.1.32'] }, args }, gives: '10.10.1.31/24' },
    { asked: { cni: { ips: ['10.10.1.32/24'] }, args }, gives: '10.10.1.32/24' },
    { asked: { args }, gives: '10.10.1.33/24' },
    { asked: { runtimeConfig: { ips: [] }, args }, gives: '10.10.1.33/24' },
    { asked: {}, gives: '10.10.1.10/24' },
  ])('runtimeConfig goes before args.cni, and that before CNI_ARGS: $asked gives $gives', async ({ asked, gives }) => {
    const more = asked.args === undefined ? {} : { args: asked.args };
    const wanted = attachment(await bed.pod(), asking(asked, ipam('four')), more);
    const added = await bed.runtime.add(wanted);
    expect(ipsOf(added)).toStrictEqual([gives]);
    succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('one for each family, in the order of the pools', async () => {
    const wanted = attachment(await bed.pod(), network(ipam('four', 'six')), {
      args: { IgnoreUnknown: '1', IP: 'fd00:10:1::22,10.10.1.22' },
    });
    expect(ipsOf(await bed.runtime.add(wanted))).toStrictEqual(['10.10.1.22/24', 'fd00:10:1::22/64']);
    succeeded(await bed.runtime.del(wanted));
  });

  it.each([
    { asked: ['10.10.9.9'], code: 101, says: '10.10.9.9 lies in no range' },
    { asked: ['10.10.1.1'], code: 101, says: '10.10.1.1' },
    { asked: ['10.10.1.20/16'], code: 101, says: 'prefix length 16' },
    { asked: ['10.10.1'], code: 7, says: 'runtimeConfig.ips "10.10.1"' },
    { asked: '10.10.1.20', code: 7, says: 'runtimeConfig.ips' },
    { asked: [20], code: 7, says: 'runtimeConfig.ips' },
  ])('$asked is refused with $code, and nothing is left', async ({ asked, code, says }) => {
    const error = errorOf(
      await bed.runtime.add(attachment(await bed.pod(), asking({ runtimeConfig: { ips: asked } }, ipam('four')))),
    );
    expect(error).toMatchObject({ code });
    expect(error.msg).toContain(says);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('are refused if the network has no ipam: nobody would configure them', async () => {
    const wanted = attachment(await bed.pod(), asking({ runtimeConfig: { ips: ['10.10.1.20'] } }, {}));
    expect(errorOf(await bed.runtime.add(wanted))).toMatchObject({
      code: 7,
      msg: 'runtimeConfig.ips asks for addresses, but the network has no ipam',
    });
  });

  it('are refused while another Pod has them, who keeps them', async () => {
    const config = asking({ runtimeConfig: { ips: ['10.10.1.40'] } }, ipam('four', 'six'));
    const [first, second] = [attachment(await bed.pod(), config), attachment(await bed.pod(), config)];
    succeeded(await bed.runtime.add(first));
    const error = errorOf(await bed.runtime.add(second));
    expect(error).toMatchObject({ code: 101 });
    expect(error.msg).toContain('10.10.1.40');
    succeeded(await bed.runtime.del(second));
    expect(await bed.held()).toContain('four/10.10.1.40');
    succeeded(await bed.runtime.del(first));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

describe('a MAC address that is asked for', () => {
  const args = { IgnoreUnknown: '1', MAC: '02:00:00:00:00:03' };
  const mac = '02:00:00:00:00:04';
  it.each<{ asked: Asked; conf: object; gives: string }>([
    {
      asked: { runtimeConfig: { mac: '02:42:AC:11:00:02' }, cni: { mac: '02:00:00:00:00:02' }, args },
      conf: { mac },
      gives: '02:42:ac:11:00:02',
    },
    { asked: { cni: { mac: '02:00:00:00:00:02' }, args }, conf: { mac }, gives: '02:00:00:00:00:02' },
    { asked: { args }, conf: { mac }, gives: '02:00:00:00:00:03' },
    { asked: {}, conf: { mac }, gives: '02:00:00:00:00:04' },
  ])('$asked beside $conf gives $gives', async ({ asked, conf, gives }) => {
    const pod = await bed.pod();
    const more = asked.args === undefined ? {} : { args: asked.args };
    const wanted = attachment(pod, asking(asked, conf), more);
    succeeded(await bed.runtime.add(wanted));
    expect((await pod.links()).find(({ ifname }) => ifname === 'net1')?.mac).toBe(gives);
    succeeded(await bed.runtime.del(wanted));
  });

  it.each([
    { mac: 'invalid-mac', says: 'runtimeConfig.mac "invalid-mac"' },
    { mac: '01:00:5e:00:00:01', says: 'multicast' },
    { mac: '00:00:00:00:00:00', says: 'null' },
    { mac: 17, says: 'runtimeConfig.mac' },
  ])('$mac is refused with 7 before anything is made', async ({ mac: asked, says }) => {
    const wanted = attachment(await bed.pod(), asking({ runtimeConfig: { mac: asked } }, ipam('four')));
    const error = errorOf(await bed.runtime.add(wanted));
    expect(error.code).toBe(7);
    expect(error.msg).toContain(says);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

describe('bandwidth and port mappings', () => {
  it.each([{ bandwidth: { ingressRate: 1 } }, { portMappings: [{ hostPort: 80, containerPort: 80 }] }])(
    'are refused, not ignored: %j',
    async (runtimeConfig) => {
      const wanted = attachment(await bed.pod(), network({ runtimeConfig }));
      expect(errorOf(await bed.runtime.add(wanted)).code).toBe(2);
    },
  );
});
