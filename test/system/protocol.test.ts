import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../fixture/json.ts';
import { here } from '../fixture/netns.ts';
import { errorOf, succeeded, toOutcome } from '../fixture/outcome.ts';
import { run } from '../fixture/command.ts';
import { createResources } from '../fixture/resources.ts';
import { antreaExecutable, createRuntime } from '../fixture/runtime.ts';
import { attachment, ipam, network, noTraces, refusal, startBed, type Bed } from './bed.ts';

const versions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'];

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await bed.applyPools({ name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1' });
});
afterAll(() => bed.stop());
const resources = createResources();
afterEach(resources.release);

/** As a runtime calls it for a container that has never been attached. */
const call = (command: string, more: object = {}) =>
  bed.runtime.call(command, {
    config: network({ ...ipam('four') }),
    containerId: 'c1',
    netns: '/run/netns/none',
    ifname: 'net1',
    ...more,
  });

const unset = (...names: readonly string[]) => ({ env: Object.fromEntries(names.map((name) => [name, undefined])) });

describe('the environment', () => {
  it('names all that is missing in one error', async () => {
    const missing = unset('CNI_CONTAINERID', 'CNI_IFNAME');
    expect(refusal(await call('ADD', missing))).toBe(
      '4: required environment variables are missing: CNI_CONTAINERID, CNI_IFNAME',
    );
  });

  it.each(['ADD', 'DEL', 'CHECK'])('%s needs container, interface and path', async (command) => {
    for (const name of ['CNI_CONTAINERID', 'CNI_IFNAME', 'CNI_PATH']) {
      expect(refusal(await call(command, unset(name)))).toBe(`4: required environment variables are missing: ${name}`);
    }
  });

  it.each(['some-%%container', '../x', '-x', 'x'.repeat(254)])('container ID %.20s: 4', async (containerId) => {
    expect(refusal(await call('ADD', { containerId }))).toMatch(/^4: CNI_CONTAINERID /u);
  });

  it.each(['x'.repeat(16), '.', '..', 'a/b', 'a:b', 'a b', 'a\tb'])('interface name %j: 4', async (ifname) => {
    for (const command of ['ADD', 'CHECK', 'DEL']) {
      expect(refusal(await call(command, { ifname }))).toMatch(/^4: CNI_IFNAME /u);
    }
  });

  it.each(['ä', '-x', '"', 'lo', 'all', 'default'])(
    'interface name %j: 4, but DEL, whose ADD has failed, succeeds',
    async (ifname) => {
      for (const command of ['ADD', 'CHECK']) {
        expect(refusal(await call(command, { ifname }))).toMatch(/^4: CNI_IFNAME /u);
      }
      succeeded(await call('DEL', { ifname }));
    },
  );

  it('DEL needs neither netns nor arguments, GC and STATUS no container', async () => {
    succeeded(await call('DEL', unset('CNI_NETNS', 'CNI_ARGS')));
    const bare = unset('CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME');
    succeeded(await call('STATUS', bare));
    succeeded(await call('GC', { ...bare, config: network({ 'cni.dev/valid-attachments': [] }) }));
  });

  it.each(['NOPE', 'add', 'ADD '])('CNI_COMMAND %j: 4', async (command) => {
    expect(refusal(await call(command))).toMatch(/^4: CNI_COMMAND .* is unknown: use one of ADD, DEL/u);
  });

  it('an empty CNI_COMMAND gets the about text, on stderr', async () => {
    const { code, stdout, stderr } = await call('');
    expect({ code, stdout }).toStrictEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('CNI protocol versions supported: 0.1.0, 0.2.0');
  });
});

describe('VERSION', () => {
  it('needs nothing but its name, and does not read standard input', async () => {
    const { code, stdout, stderr } = await run([antreaExecutable()], {
      input: '{ not JSON',
      env: { CNI_COMMAND: 'VERSION' },
      bareEnv: true,
    });
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    expect(parseJson(stdout)).toStrictEqual({ cniVersion: '1.1.0', supportedVersions: versions });
  });
});

describe('standard input', () => {
  it.each([
    { config: '{', says: /^6: the network configuration on stdin is not JSON/u },
    { config: '', says: /^6: .* is empty/u },
    { config: '[]', says: /^6: .* is not a JSON object/u },
    { config: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), says: /^6: .* is not valid UTF-8/u },
    { config: { cniVersion: 1 }, says: /^6: cniVersion 1 is not a string/u },
    { config: network({ name: undefined }), says: /^7: the key name is missing/u },
    { config: network({ name: '' }), says: /^7: the key name is missing/u },
    { config: network({ name: 'a/b' }), says: /^7: name "a\/b" is not a network name/u },
  ])('$config: $says', async ({ config, says }) => {
    for (const command of ['ADD', 'DEL', 'CHECK', 'STATUS'])
      expect(refusal(await call(command, { config }))).toMatch(says);
  });

  it.each([
    { config: network({ ipam: [] }), says: /^7: ipam is not an object/u },
    { config: network({ ipam: { subnet: '10.0.0.0/8' } }), says: /^7: the key ipam.type is missing/u },
    { config: network({ prevResult: { ips: 'x' } }), says: /^7: prevResult: ips/u },
  ])('$config: $says, but DEL works with what it can read', async ({ config, says }) => {
    for (const command of ['ADD', 'CHECK', 'STATUS']) expect(refusal(await call(command, { config }))).toMatch(says);
    succeeded(await call('DEL', { config }));
  });
});

describe('versions', () => {
  it('none is 0.1.0', async () => {
    const answer = await call('ADD', { config: network({ cniVersion: undefined, ipam: undefined }) });
    expect(answer.json).toMatchObject({ cniVersion: '0.1.0', code: 1 });
    expect(refusal(answer)).toContain('cniVersion 0.1.0 cannot express an interface without an address');
    expect(refusal(await call('CHECK', { config: network({ cniVersion: '' }) }))).toMatch(/^1: .*not 0\.1\.0/u);
  });

  it.each([
    { command: 'ADD', cniVersion: '9.8.7', code: 1 },
    { command: 'DEL', cniVersion: '9.8.7', code: 1 },
    { command: 'ADD', cniVersion: '1.0', code: 1 },
    { command: 'ADD', cniVersion: '0.5.0', code: 1 },
    { command: 'ADD', cniVersion: 'adsf', code: 1 },
    { command: 'DEL', cniVersion: 'adsf', code: 1 },
    { command: 'CHECK', cniVersion: 'adsf', code: 6 },
    { command: 'GC', cniVersion: 'adsf', code: 6 },
    { command: 'STATUS', cniVersion: 'adsf', code: 6 },
    { command: 'CHECK', cniVersion: '0.3.1', code: 1 },
    { command: 'GC', cniVersion: '1.0.0', code: 1 },
    { command: 'STATUS', cniVersion: '1.0.0', code: 1 },
  ])('$command with $cniVersion: $code', async ({ command, cniVersion, code }) => {
    expect(errorOf(await call(command, { config: network({ cniVersion }) })).code).toBe(code);
  });

  it('what is supported is in the details', async () => {
    const { details } = errorOf(await call('ADD', { config: network({ cniVersion: '9.8.7' }) }));
    expect(details).toBe(`supported versions: ${versions.join(', ')}`);
  });

  it.each(versions)('DEL works in %s', async (cniVersion) => {
    expect(await call('DEL', { config: network({ cniVersion }) })).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it.each(versions)('an error names the version of the configuration: %s', async (cniVersion) => {
    const answer = await call('ADD', { config: network({ cniVersion, vlan: 4095 }) });
    expect(answer).toMatchObject({ code: 1, stderr: '', json: { cniVersion, code: 2 } });
  });
});

describe('CNI_ARGS', () => {
  it.each([
    { CNI_ARGS: 'K8S_POD_UID=x', says: 'unknown key "K8S_POD_UID"' },
    { CNI_ARGS: 'FOO=1', says: 'unknown key "FOO"' },
    { CNI_ARGS: 'a=b=c', says: 'invalid pair "a=b=c"' },
    { CNI_ARGS: 'IgnoreUnknown=1;a', says: 'invalid pair "a"' },
    { CNI_ARGS: 'IgnoreUnknown=maybe', says: 'IgnoreUnknown="maybe" is neither true nor false' },
    { CNI_ARGS: 'IgnoreUnknown=0;FOO=1', says: 'unknown key "FOO"' },
  ])('$CNI_ARGS: $says', async ({ CNI_ARGS, says }) => {
    expect(refusal(await call('ADD', { env: { CNI_ARGS } }))).toContain(`4: CNI_ARGS`);
    expect(refusal(await call('ADD', { env: { CNI_ARGS } }))).toContain(says);
  });

  it.each(['IgnoreUnknown=1;K8S_POD_UID=x', 'IgnoreUnknown=TRUE;FOO=1', 'K8S_POD_NAME=a;K8S_POD_NAMESPACE=b', ''])(
    'accepted: %s',
    async (CNI_ARGS) => {
      succeeded(await call('DEL', { env: { CNI_ARGS } }));
    },
  );
});

describe("the plugin's surroundings", () => {
  it('it runs with nothing but CNI_* in its environment', async () => {
    const runtime = createRuntime({ node: bed.node, bareEnv: true });
    const wanted = attachment(await bed.pod(), network(ipam('four')));
    succeeded(await runtime.add(wanted));
    succeeded(await runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('a standard input that is closed, or a folder, is an error of input', async () => {
    const env = { CNI_COMMAND: 'STATUS', CNI_PATH: '/opt/cni/bin', ...bed.node.env };
    for (const redirection of ['<&-', '< /']) {
      const argv = ['sh', '-c', `exec "$0" ${redirection}`, antreaExecutable()];
      expect(refusal(toOutcome(await here.run(argv, { env })))).toMatch(/^[56]: /u);
    }
  });
});
