import { describe, expect, it } from 'vitest';
import { dispatch, type Call, type Caller, type Verbs } from '../../src/cni/dispatch.ts';
import { supportedVersions } from '../../src/cni/version.ts';
import { Failure } from '../../src/system/failure.ts';

const conf = { cniVersion: '1.1.0', name: 'n', type: 'antrea' };
const env = { CNI_CONTAINERID: 'c1', CNI_NETNS: '/run/netns/x', CNI_IFNAME: 'net1', CNI_PATH: '/bin' };

interface Played {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The verbs that ran. */
  readonly ran: readonly string[];
  readonly calls: readonly Call[];
}

interface Play {
  readonly command?: string;
  readonly stdin?: string | Error;
  readonly env?: Caller['env'];
  readonly verbs?: Partial<Verbs>;
  readonly isOwnNetns?: boolean;
}

async function play({ command = 'ADD', stdin = JSON.stringify(conf), verbs = {}, ...more }: Play): Promise<Played> {
  const ran: string[] = [];
  const calls: Call[] = [];
  const out = { stdout: '', stderr: '' };
  const silent = (name: string) => async () => void ran.push(name);
  const caller: Caller = {
    env: { CNI_COMMAND: command, ...env, ...more.env },
    readStdin() {
      if (stdin instanceof Error) throw stdin;
      return Buffer.from(stdin);
    },
    writeStdout: (text) => void (out.stdout += text),
    writeStderr: (text) => void (out.stderr += text),
    isOwnNetns: () => more.isOwnNetns === true,
  };
  const code = await dispatch(caller, (call) => {
    calls.push(call);
    return {
      add: async () => {
        ran.push('add');
        return { interfaces: [], ips: [], routes: [], dns: {} };
      },
      del: silent('del'),
      check: silent('check'),
      gc: silent('gc'),
      status: silent('status'),
      ...verbs,
    };
  });
  return { code, ...out, ran, calls };
}

describe('dispatch', () => {
  it.each([
    ['ADD', 'add', '{"cniVersion":"1.1.0"}\n'],
    ['DEL', 'del', ''],
    ['CHECK', 'check', ''],
    ['GC', 'gc', ''],
    ['STATUS', 'status', ''],
  ])('%s runs its verb alone', async (command, verb, stdout) => {
    expect(await play({ command })).toMatchObject({ code: 0, stdout, stderr: '', ran: [verb] });
  });

  it('hands over the call as it came', async () => {
    const { calls } = await play({});
    expect(calls).toMatchObject([{ request: { command: 'ADD', containerID: 'c1', ifname: 'net1' }, config: conf }]);
  });

  it('VERSION runs none, and reads no standard input', async () => {
    const { code, stdout, ran } = await play({ command: 'VERSION', stdin: new Error('closed') });
    expect({ code, ran }).toStrictEqual({ code: 0, ran: [] });
    expect(JSON.parse(stdout)).toStrictEqual({ cniVersion: '1.1.0', supportedVersions });
  });

  it('tells a person about itself on stderr when CNI_COMMAND is empty', async () => {
    const { code, stdout, stderr } = await play({ command: '' });
    expect({ code, stdout }).toStrictEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(supportedVersions.join(', '));
  });

  it.each<{ what: string; play: Play; code: number; cniVersion?: string }>([
    { what: 'a bad environment', play: { env: { CNI_IFNAME: '' } }, code: 4 },
    { what: 'an unreadable standard input', play: { stdin: new Error('EBADF') }, code: 5 },
    { what: 'no JSON', play: { stdin: '{' }, code: 6 },
    { what: 'no name', play: { stdin: '{"cniVersion":"0.4.0"}' }, code: 7, cniVersion: '0.4.0' },
    { what: 'a version that is not spoken', play: { stdin: '{"cniVersion":"9.9.9","name":"n"}' }, code: 1 },
    { what: "the plugin's own netns", play: { isOwnNetns: true }, code: 8 },
  ])('$what is error $code, and no verb runs', async ({ play: played, code, cniVersion = '1.1.0' }) => {
    const outcome = await play(played);
    expect(outcome).toMatchObject({ code: 1, stderr: '', ran: [] });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ cniVersion, code });
  });

  it("ends a DEL in the plugin's own netns with code 8, after it has done all that needs no netns", async () => {
    const { code, stdout, ran, calls } = await play({ isOwnNetns: true, command: 'DEL' });
    expect({ code, ran }).toStrictEqual({ code: 1, ran: ['del'] });
    expect(calls).toMatchObject([{ request: { netns: '' } }]);
    expect(JSON.parse(stdout)).toMatchObject({ cniVersion: '1.1.0', code: 8 });
  });

  it("takes the plugin's own netns if that is meant, and if the verb does not use it", async () => {
    const override = { CNI_NETNS_OVERRIDE: 'true' };
    expect(await play({ isOwnNetns: true, env: override })).toMatchObject({ code: 0, ran: ['add'] });
    expect(await play({ isOwnNetns: true, command: 'STATUS' })).toMatchObject({ code: 0, ran: ['status'] });
    expect(await play({ isOwnNetns: true, command: 'DEL', env: { CNI_NETNS: '' } })).toMatchObject({ code: 0 });
  });

  it.each([
    [new Failure('ipam', 'exhausted'), 101],
    [new Error('a defect'), 100],
  ])('what a verb throws is printed on stdout: %s', async (error, code) => {
    const add = async () => {
      throw error;
    };
    const outcome = await play({ verbs: { add }, stdin: JSON.stringify({ ...conf, cniVersion: '0.3.1' }) });
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ cniVersion: '0.3.1', code });
  });

  it('prints nothing but the error when the result cannot be expressed', async () => {
    const outcome = await play({ stdin: JSON.stringify({ ...conf, cniVersion: '0.2.0' }) });
    expect(outcome).toMatchObject({ code: 1, ran: ['add'] });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ cniVersion: '0.2.0', code: 1 });
  });
});
