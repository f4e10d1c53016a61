import type { Exec, Outcome } from '../system/exec.ts';
import { Failure } from '../system/failure.ts';
import { addressOrders, hostOrders, upOrders, type ContainerLink, type HostLink } from './ip-orders.ts';
import type { NewPort, OvsDriver } from './ovs/driver.ts';
import { PortFailure } from './port-failure.ts';

export interface Attachment {
  /** The host's end of the veth pair. */
  readonly host: HostLink;
  /** Of the host's end. */
  readonly port: NewPort;
  readonly link: ContainerLink;
}

/** Attachments of one Pod, at least one, that are made together. */
export interface Wiring {
  /** Descriptor of the open network namespace. */
  readonly netns: number;
  readonly attachments: readonly Attachment[];
  /** Marks every process of these attachments in its environment, so that one that outlives us is found. */
  readonly mark: Readonly<Record<string, string>>;
}

/** Beyond what the kernel does in milliseconds. */
const timeout = 10_000;

/**
 * Runs in the netns: /proc/sys/net is that of whoever looks. Its arguments: name and accept_ra of each interface.
 * disable_ipv6 is often set by container runtimes.
 */
const containerScript = `
while [ $# -gt 0 ]; do
  cd /proc/sys/net || exit
  echo 1 >"ipv4/conf/$1/arp_notify"
  if cd "ipv6/conf/$1" 2>/dev/null; then
    echo 0 >disable_ipv6
    echo 0 >accept_dad
    echo 1 >ndisc_notify
    echo 1 >keep_addr_on_down
    if [ -n "$2" ]; then echo "$2" >accept_ra; fi
  fi
  shift 2
done
exec ip -batch -
`;

/**
 * Makes the veth pairs, the ports and the addresses, and brings the Pod's ends up: for all attachments with one process
 * on the host, one transaction, and one process in the netns.
 * What it has made when it throws is the caller's to remove (detach.ts).
 *
 * Link-up goes last, after the addresses and after OVS has taken the ports: only then do the kernel's announcements
 * (arp_notify, ndisc_notify) reach neighbours, who may know the address from somewhere else.
 * @throws Failure `wiring` or `unavailable`; PortFailure when it is about one of the attachments
 */
export async function attach(
  { exec, ovs }: { readonly exec: Exec; readonly ovs: Pick<OvsDriver, 'addPorts'> },
  wiring: Wiring,
): Promise<void> {
  makePairs(exec, wiring);
  await ovs.addPorts(wiring.attachments.map(({ port }) => port));
  setUpContainerSide(exec, wiring);
}

function makePairs(exec: Exec, wiring: Wiring): void {
  const { netns, mark: env } = wiring;
  const orders = ordersOf(wiring, ({ host, link }) => hostOrders(host, link));
  const outcome = exec('ip', ['-batch', '-'], { input: textOf(orders), descriptor: netns, timeout, env });
  if (outcome.code !== 0) throw failureOf(wiring, { program: 'ip', orders, outcome }, hostSideFailure);
}

function setUpContainerSide(exec: Exec, wiring: Wiring): void {
  const { netns, mark: env, attachments } = wiring;
  const links = attachments.flatMap(({ link: { name, acceptRA } }) => [
    name,
    acceptRA === undefined ? '' : acceptRA ? '1' : '0',
  ]);
  const orders = [
    ...ordersOf(wiring, ({ link }) => addressOrders(link)),
    ...ordersOf(wiring, ({ link }) => upOrders(link)),
  ];
  const args = ['--net=/proc/self/fd/3', 'sh', '-c', containerScript, 'sh', ...links];
  const outcome = exec('nsenter', args, { input: textOf(orders), descriptor: netns, timeout, env });
  if (outcome.code !== 0) throw failureOf(wiring, { program: 'nsenter', orders, outcome }, containerSideFailure);
}

/** One line for `ip -batch`, and whose it is. */
interface Order {
  readonly line: string;
  readonly attachment: Attachment;
}

function ordersOf({ attachments }: Wiring, linesOf: (attachment: Attachment) => string): readonly Order[] {
  return attachments.flatMap((attachment) => {
    const lines = linesOf(attachment);
    return lines === '' ? [] : lines.split('\n').map((line) => ({ line, attachment }));
  });
}

function textOf(orders: readonly Order[]): string {
  return orders.map(({ line }) => `${line}\n`).join('');
}

interface Run {
  readonly program: string;
  readonly orders: readonly Order[];
  readonly outcome: Outcome;
}

/**
 * `ip -batch` stops at the first line that fails, and names its number, from 1.
 * @param tell gets that line, and the attachments that it may be about
 */
function failureOf(
  { attachments }: Wiring,
  { program, orders, outcome: { stderr, timedOut } }: Run,
  tell: (reason: string, about: readonly Attachment[], line?: string) => Failure,
): Failure {
  if (timedOut)
    return new Failure('unavailable', `${program} did not end in ${timeout / 1000} s: is the Node overloaded?`);
  const reason = (stderr.split('\n')[0] ?? '').replace(/^(Error|RTNETLINK answers): /, '');
  const order = orders[Number(/Command failed -:(\d+)/.exec(stderr)?.[1]) - 1];
  if (order === undefined) return tell(reason, attachments);
  const { attachment, line } = order;
  return new PortFailure(attachment.host.name, tell(reason, [attachment], line));
}

function hostSideFailure(reason: string, about: readonly Attachment[]): Failure {
  const names = namesOf(about);
  if (reason.includes('File exists')) {
    return new Failure('wiring', `the interface ${names} exists already in the network namespace`, {
      details: 'each network of a Pod needs an interface name of its own; a container is attached once',
    });
  }
  const hosts = about.map(({ host }) => host.name).join(', ');
  return new Failure('wiring', `the veth pair ${hosts} – ${names} cannot be made: ${reason}`);
}

function containerSideFailure(reason: string, about: readonly Attachment[], line?: string): Failure {
  const order =
    line === undefined
      ? `the interface ${namesOf(about)} cannot be set up`
      : `"ip ${line}" fails in the network namespace`;
  return new Failure('wiring', `${order}: ${reason}`);
}

function namesOf(attachments: readonly Attachment[]): string {
  return attachments.map(({ link }) => link.name).join(', ');
}
