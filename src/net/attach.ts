import type { Exec, Outcome } from '../system/exec.ts';
import { Failure } from '../system/failure.ts';
import { addressOrders, hostOrders, upOrders, type ContainerLink, type HostLink } from './ip-orders.ts';
import type { NewPort, OvsDriver } from './ovs/driver.ts';

export interface Attachment {
  /** The host's end of the veth pair. */
  readonly host: HostLink;
  /** Of the host's end. */
  readonly port: NewPort;
  /** Descriptor of the open network namespace. */
  readonly netns: number;
  readonly link: ContainerLink;
  /** Marks every process of this attachment in its environment, so that one that outlives us is found. */
  readonly mark: Readonly<Record<string, string>>;
}

/** Beyond what the kernel does in milliseconds. */
const timeout = 10_000;

/** Runs in the netns: /proc/sys/net is that of whoever looks. disable_ipv6 is often set by container runtimes. */
const containerScript = `
cd /proc/sys/net || exit
echo 1 >"ipv4/conf/$1/arp_notify"
if cd "ipv6/conf/$1" 2>/dev/null; then
  echo 0 >disable_ipv6
  echo 0 >accept_dad
  echo 1 >ndisc_notify
  echo 1 >keep_addr_on_down
  if [ -n "$2" ]; then echo "$2" >accept_ra; fi
fi
exec ip -batch -
`;

/**
 * Makes the veth pair, the port and the addresses, and brings the Pod's end up.
 * What it has made when it throws is the caller's to remove (detach.ts).
 *
 * Link-up goes last, after the addresses and after OVS has taken the port: only then do the kernel's announcements
 * (arp_notify, ndisc_notify) reach neighbours, who may know the address from somewhere else.
 * @throws Failure `wiring` or `unavailable`
 */
export async function attach(
  { exec, ovs }: { readonly exec: Exec; readonly ovs: Pick<OvsDriver, 'addPort'> },
  attachment: Attachment,
): Promise<void> {
  makePair(exec, attachment);
  await ovs.addPort(attachment.port);
  setUpContainerSide(exec, attachment);
}

function makePair(exec: Exec, attachment: Attachment): void {
  const { host, link, netns, mark: env } = attachment;
  const outcome = exec('ip', ['-batch', '-'], { input: hostOrders(host, link), descriptor: netns, timeout, env });
  if (outcome.code !== 0) throw hostSideFailure(attachment, outcome);
}

function setUpContainerSide(exec: Exec, attachment: Attachment): void {
  const { link, netns, mark: env } = attachment;
  const acceptRA = link.acceptRA === undefined ? '' : link.acceptRA ? '1' : '0';
  const args = ['--net=/proc/self/fd/3', 'sh', '-c', containerScript, 'sh', link.name, acceptRA];
  const outcome = exec('nsenter', args, { input: containerOrders(link), descriptor: netns, timeout, env });
  if (outcome.code !== 0) throw containerSideFailure(attachment, outcome);
}

function containerOrders(link: ContainerLink): string {
  return `${addressOrders(link)}\n${upOrders(link)}\n`;
}

function hostSideFailure({ host, link }: Attachment, { stderr, timedOut }: Outcome): Failure {
  if (timedOut) return noEnd('ip');
  if (stderr.includes('File exists')) {
    return new Failure('wiring', `the interface ${link.name} exists already in the network namespace`, {
      details: 'each network of a Pod needs an interface name of its own; a container is attached once',
    });
  }
  return new Failure('wiring', `the veth pair ${host.name} – ${link.name} cannot be made: ${firstLine(stderr)}`);
}

function containerSideFailure({ link }: Attachment, { stderr, timedOut }: Outcome): Failure {
  if (timedOut) return noEnd('nsenter');
  const line = containerOrders(link).split('\n')[Number(/Command failed -:(\d+)/.exec(stderr)?.[1]) - 1];
  const order =
    line === undefined ? `the interface ${link.name} cannot be set up` : `"ip ${line}" fails in the network namespace`;
  return new Failure('wiring', `${order}: ${firstLine(stderr)}`);
}

function noEnd(program: string): Failure {
  return new Failure('unavailable', `${program} did not end in ${timeout / 1000} s: is the Node overloaded?`);
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/^(Error|RTNETLINK answers): /, '');
}
