import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/agent/config/settings.ts';
import { errorObject } from '../../src/cni/errors.ts';
import { readEnvironment } from '../../src/cni/environment.ts';
import { readVlanNetwork } from '../../src/config/netconf.ts';
import { readNodeFile } from '../../src/config/node-file.ts';
import { readPool } from '../../src/ipam/pool.ts';
import { Failure } from '../../src/system/failure.ts';
import { kinds } from './kinds.ts';
import { readMessages, type Message } from './messages.ts';
import { textOf } from './pages.ts';

const page = 'docs/troubleshooting.md';

/** A pattern of messages, as the page has it: `…` stands for any value, and whatever follows may follow. */
interface Entry {
  readonly text: string;
  /** What the section's heading begins with; undefined for sections without a code. */
  readonly code: number | undefined;
}

const entries = readEntries();
/** Not those of `antrea check`, which say themselves what to do. */
const messages = readMessages().filter(({ file, text }) => lettersOf(text) > 8 && !file.startsWith('src/cli/check/'));

describe('docs/troubleshooting.md', () => {
  it('finds the messages of the sources', () => {
    expect(messages.length).toBeGreaterThan(120);
    expect(messages.map(({ text }) => text)).toContain('the key name is missing: it names the network');
  });

  it.each(messages)('explains "$text" ($file)', (message) => {
    expect(entries.filter((entry) => covers(entry, message)).map(({ text }) => text)).not.toEqual([]);
  });

  it('has no message that nobody writes any more', () => {
    const written = [...messages.map(({ text }) => text), ...composed];
    const stale = entries.filter(({ text }) => !written.some((message) => patternOf(text).test(message)));
    expect(stale.map(({ text }) => text)).toEqual([]);
  });
});

/** Messages that are put together from parts, in one example of each form. */
const composed: readonly string[] = [
  messageOf(() => readVlanNetwork({ networkType: 'vlan', vlan: 4095 }, settings())),
  messageOf(() => readVlanNetwork({}, settings())),
  messageOf(() => readVlanNetwork({ networkType: 'vlan', trunk: [{ ids: 1 }] }, settings())),
  messageOf(() => readSettings({ ovsdb: 'tcp:' }, 'agent configuration a')),
  messageOf(() => readSettings({ secondaryNetwork: { mtu: 1500 } }, 'agent configuration a')),
  messageOf(() => readNode({ mtu: '1500' })),
  messageOf(() => readNode({ bridgs: [] })),
  messageOf(() => readNode({ allowedVLANs: ['4095'] })),
  messageOf(() => readEnvironment({ CNI_COMMAND: 'ADD', CNI_CONTAINERID: '/' })),
  messageOf(() => readEnvironment({ CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'a', CNI_IFNAME: 'all' })),
  messageOf(() => readPool({ metadata: { name: 'a' }, spec: {} })),
  messageOf(() => readPool({ metadata: { name: 'A' } })),
  errorObject(new Error('defect'), '1.1.0').msg,
  'ipam: ippools 1 must be a list',
  'pool is "A": expected a pool name: …',
  'ipam.ippools[0] is "A": expected a pool name: …',
  '10.0.0.5 of pool a could not be released: …',
  '"ip route append 10.0.0.0/8 via 10.1.0.1 dev net1" fails in the network namespace: …',
  'the interface net1 cannot be set up: …',
  'Open vSwitch has not made the interface eth1 in 10 s',
  'ip link set dev eth1 up fails: …',
];

describe('what is put together from parts', () => {
  it.each(composed)('is explained: %s', (message) => {
    expect(entries.filter(({ text }) => patternOf(text).test(message))).not.toEqual([]);
  });
});

/** A runtime, and so a code, is where the plugin is. */
const withoutRuntime = /^src\/(?:cli|controller|agent|kube\/watch|net\/nic|net\/ovs\/socket\/bridges|system\/http)[/.]/;

/** In the section of its code, unless it is one of manifests, which have sections of their own. */
function covers(entry: Entry, { file, kind, text }: Message): boolean {
  const isSpecific = lettersOf(entry.text) >= Math.min(14, 0.8 * lettersOf(text));
  if (!isSpecific || !patternOf(entry.text).test(text)) return false;
  const own = kinds.find((known) => known === kind);
  const ofManifests =
    /^src\/(?:cli|ipam)\//.test(file) && ['config', 'decode', 'refused', 'not-found'].includes(kind ?? '');
  if (own === undefined || ofManifests || withoutRuntime.test(file)) return true;
  return entry.code === errorObject(new Failure(own, text), '1.1.0').code;
}

/** The code spans in the first column of the tables that have messages. */
function readEntries(): readonly Entry[] {
  return textOf(page)
    .split(/^(?=## )/m)
    .flatMap((section) => {
      const code = /^## (\d+):/.exec(section)?.[1];
      const cells = [...section.matchAll(/^\| (`.*?`) \| /gm)].map(([, cell = '']) => cell);
      const texts = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text));
      return texts.map((text) => ({ text, code: code === undefined ? undefined : Number(code) }));
    });
}

function patternOf(text: string): RegExp {
  const parts = text.replace(/[: ;]*…$/, '').split('…');
  return new RegExp(`^${parts.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.+?')}`, 's');
}

/** How many are no value: a message with few is only passed on, and an entry with few would match anything. */
function lettersOf(text: string): number {
  return text.replaceAll(/[^a-zA-Z]/g, '').length;
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
  throw new Error('it was to be refused');
}

function readNode(content: object) {
  return readNodeFile({ read: () => Buffer.from(JSON.stringify(content)) }, '/node.json');
}

function settings() {
  return { bridge: 'br-secondary', bridges: [], mtu: 1500 };
}
