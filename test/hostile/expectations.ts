import { expect } from 'vitest';
import { isObject, objectsIn, parseJson } from '../fixture/json.ts';
import type { Answer, Run } from './harness.ts';

/** The specification's codes for a bad call, and ours for addresses or a wiring that cannot be had. */
const refusals = [1, 2, 4, 6, 7, 8, 101, 102];
/** What CHECK and STATUS say besides. */
const more: Readonly<Record<string, readonly number[]>> = { CHECK: [103], STATUS: [50] };

/** A proper error object, which is no defect of ours; and if the call was an ADD, nothing is left of it. */
export function expectRefusal({ code, msg, stdout, runs, changed }: Answer, command = 'ADD'): void {
  expect([...refusals, ...(more[command] ?? [])], stdout).toContain(code);
  expect(msg).not.toBe('');
  expect(stdout).not.toMatch(/\.[cm]?[jt]s:\d+/u);
  if (command !== 'ADD') return;
  const others = runs.filter((run) => !waits(run) && !makesPair(run));
  expect({ stdout, others, changed }).toEqual({ stdout, others: [], changed: false });
}

/** The process in the netns is started early; it has been told nothing. */
function waits({ command, input, aside }: Run): boolean {
  return command === 'nsenter' && input === '' && aside === '';
}

/** An ADD may fail by its addresses while the veth pair is made already; nothing else is. */
function makesPair(run: Run): boolean {
  const lines = linesOf(run).map(wordCount).join(' ');
  const { command, input = '', aside = '' } = run;
  return command === 'nsenter' && lines === pairWords && harmless.test(input) && (aside === '' || settings.test(aside));
}

const harmless = /^[\w ./:@+\n-]*$/u;
/** One interface with its accept_ra, an empty line, another one, and the host's end. */
const settings = /^[\w.@+-]+ [01]?\n\n\nlink set dev \w+ alias [\w./:@+-]+(?: addrgenmode none)?\n$/u;
const pairWords = '20 4';

/**
 * Checks what an accepted ADD has passed to `ip -batch`: as many lines, and in each line as many words, as its result
 * accounts for, all of them of harmless characters; and that ovs-vsctl got no option but ours.
 */
export function expectHarmlessOrders({ runs, stdout }: Answer): void {
  expect(runs.map(({ command }) => command)).toEqual(['nsenter', 'ovs-vsctl']);
  const [container, ovs] = runs;
  expect(container?.aside).toMatch(settings);
  const [pair = '', show = '', ...orders] = linesOf(container);
  expect([pair, show].map(wordCount).join(' ')).toBe(pairWords);
  expect(orders.pop()).toBe(show);
  const up = orders.findIndex((order) => upLine.test(order));
  expect(up).toBe(addressCount(stdout));
  for (const order of orders.slice(0, up)) expect(order).toMatch(addressLine);
  for (const route of orders.slice(up + 1)) expect(route).toMatch(routeLine);
  expect(container?.input).toMatch(harmless);
  const options = ovs?.args.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0]);
  expect(options).toEqual(['--db', '--timeout', '--bare', '--', '--columns', '--']);
}

const upLine = /^link set dev \S+ up$/u;
const addressLine = /^address replace [\da-f.:]+\/\d+ (?:nodad|broadcast \+) dev \S+$/u;
const routeLine =
  /^route append [\da-f.:]+\/\d+(?: via [\da-f.:]+)? dev \S+(?: (?:metric|table|scope|mtu|advmss) \d+)*$/u;

/** Of ours: a result of 0.1.0 has one of each family, one in a chain has those before us too, without `interface`. */
function addressCount(stdout: string): number {
  const result = parseJson(stdout);
  if (!isObject(result)) return 0;
  const old = objectsIn([result['ip4'], result['ip6']]).length;
  return old + objectsIn(result['ips']).filter((ip) => ip['interface'] !== undefined).length;
}

/** Of what a program reads. */
function linesOf(run: Run | undefined): readonly string[] {
  return run?.input?.split('\n').filter((line) => line !== '') ?? [];
}

function wordCount(line: string): number {
  return line.split(' ').length;
}
