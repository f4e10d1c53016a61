import type { Outcome } from '../system/exec.ts';
import { Failure } from '../system/failure.ts';
import { missing } from '../system/program.ts';
import type { Running } from '../system/start.ts';
import type { Pair } from './ip-orders.ts';
import { PortFailure } from './port-failure.ts';

/** Milliseconds for each answer, and for the end: beyond what the kernel does in milliseconds. */
export const patience = 10_000;

/** With an `ip -batch` that goes on until its input ends. */
export interface Talk {
  readonly running: Running;
  readonly pairs: readonly Pair[];
  /** Given so far: `ip` counts them. */
  readonly orders: Order[];
}

/** One line, and whose it is. */
export interface Order {
  readonly line: string;
  readonly pair: Pair;
  readonly tell: Tell;
}

/** What is said of a failure: of an order, or of all that is made when it is not known which. */
type Tell = (reason: string, about: readonly Pair[], line?: string) => Failure;

export function give({ running, orders }: Talk, more: readonly Order[]): void {
  orders.push(...more);
  running.write(more.map(({ line }) => `${line}\n`).join(''));
}

/** Waits for a line, which says that it has come so far. @returns the line @throws Failure */
export async function answer(talk: Talk, tell: Tell): Promise<string> {
  const line = await talk.running.nextLine();
  if (line === undefined) throw failureOf(talk, await talk.running.end(), tell);
  return line;
}

/** Waits for the settings of the host's ends, which have orders of their own. @throws Failure */
export async function hostsAnswer(talk: Talk): Promise<void> {
  if ((await answer(talk, setUpFailure)) === '') return;
  const { stderr } = await talk.running.end();
  const { reason, line } = complaint(stderr);
  const pair = talk.pairs[line - 1];
  if (pair === undefined) throw hostEndFailure(reason, talk.pairs);
  throw new PortFailure(pair.host.name, hostEndFailure(reason, [pair]));
}

/** @param tell what is said when it is no line */
function failureOf({ pairs, orders }: Talk, { code, stderr, timedOut }: Outcome, tell: Tell): Failure {
  if (timedOut) return new Failure('unavailable', `ip did not end in ${patience / 1000} s: is the Node overloaded?`);
  if (code === notThere) return missing(stderr.includes('failed to execute sh') ? 'sh' : 'ip');
  const { reason, line } = complaint(stderr);
  const order = orders[line - 1];
  if (order === undefined) return tell(reason === '' ? endOf(code) : reason, pairs);
  return new PortFailure(order.pair.host.name, order.tell(reason, [order.pair], order.line));
}

/** Somebody may have killed it. */
function endOf(code: Outcome['code']): string {
  return code === null ? 'ip was killed' : `ip ended with exit code ${code}`;
}

/** `ip -batch` stops at the first line that fails, and names its number, from 1, after the reason. @returns line 0 when it is no line */
function complaint(stderr: string): { readonly reason: string; readonly line: number } {
  const [, said, number = '0'] = /(?:^|\n)(.*)\nCommand failed -:(\d+)/.exec(stderr) ?? [];
  const reason = (said ?? stderr.split('\n')[0] ?? '').replace(/^(Error|RTNETLINK answers): /, '');
  return { reason, line: Number(number) };
}

/** What a shell answers when it finds no such command. */
const notThere = 127;

export function pairFailure(reason: string, about: readonly Pair[]): Failure {
  const names = namesOf(about);
  if (reason.includes('File exists')) {
    return new Failure('wiring', `the interface ${names} exists already in the network namespace`, {
      details: 'each network of a Pod needs an interface name of its own; a container is attached once',
    });
  }
  const hosts = about.map(({ host }) => host.name).join(', ');
  return new Failure('wiring', `the veth pair ${hosts} – ${names} cannot be made: ${reason}`);
}

export function setUpFailure(reason: string, about: readonly Pair[], line?: string): Failure {
  const order =
    line === undefined
      ? `the interface ${namesOf(about)} cannot be set up`
      : `"ip ${line}" fails in the network namespace`;
  return new Failure('wiring', `${order}: ${reason}`);
}

function hostEndFailure(reason: string, about: readonly Pair[]): Failure {
  const hosts = about.map(({ host }) => host.name).join(', ');
  return new Failure('wiring', `the link ${hosts} of the host cannot be set up: ${reason}`);
}

function namesOf(pairs: readonly Pair[]): string {
  return pairs.map(({ link }) => link.name).join(', ');
}
