import type { Outcome } from '../system/exec.ts';
import { Failure } from '../system/failure.ts';
import { addressOrders, hostOrders, upOrders, type ContainerLink, type HostLink } from './ip-orders.ts';
import { portColumns, type PortOwner } from './ovs-ports.ts';
import { connectionArguments, errorLine, ovsFailure, untilServed, type OvsOptions } from './ovs.ts';
import type { PortVlans } from './port-config.ts';

export interface Attachment {
  readonly bridge: string;
  /** The host's end of the veth pair, which gives the port its name. */
  readonly host: HostLink;
  /** Descriptor of the open network namespace. */
  readonly netns: number;
  readonly link: ContainerLink;
  readonly vlans: PortVlans;
  readonly owner: PortOwner;
  /** Marks every process of this attachment in its environment, so that one that outlives us is found. */
  readonly mark: Readonly<Record<string, string>>;
}

/** Exit codes of the script, beyond the ones that programs use themselves. */
const exits = { hostSide: 70, ovs: 71 } as const;

/**
 * The wiring of one attachment, in one process group: the shell starts programs for a fifth of what they cost Node.
 * Values come in variables and arguments only. Descriptor 3 is the netns.
 *
 * Link-up goes last, after the addresses and after OVS has answered: only then do the kernel's announcements
 * (arp_notify, ndisc_notify) reach neighbours, who may know the address from somewhere else.
 */
const script = `
if [ -n "$HOST_ORDERS" ]; then
  ip -batch - <<END || exit ${exits.hostSide}
$HOST_ORDERS
END
fi
exec 4>&1
{
  printf '%s\\n' "$ADDRESS_ORDERS"
  if said=$(ovs-vsctl "$@" 2>&1 >/dev/null); then
    case $said in *'Error detected'*) ;; *) printf '%s\\n' "$UP_ORDERS" ;; esac
    printf '%s' "$said" >&4
  else
    printf '%s\\nexit %s' "$said" $? >&4
  fi
} | nsenter --net=/proc/self/fd/3 sh -c "$CONTAINER_SCRIPT" sh "$IFNAME" "$ACCEPT_RA" >&2
`;

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
 * @throws Failure `wiring` or `unavailable`
 */
export function attach(options: OvsOptions, attachment: Attachment): void {
  let hostOrdersLeft = hostOrders(attachment.host, attachment.link);
  untilServed(options, (attempt) => {
    const outcome = runScript(options, attachment, { hostOrders: hostOrdersLeft, again: attempt > 1 });
    if (outcome.code === exits.hostSide) throw hostSideFailure(attachment, outcome);
    hostOrdersLeft = '';
    return judge(options, attachment, outcome);
  });
}

interface Try {
  /** Empty when the veth pair is there. */
  readonly hostOrders: string;
  /** An earlier try may have added the port. */
  readonly again: boolean;
}

function runScript(options: OvsOptions, attachment: Attachment, { hostOrders: orders, again }: Try): Outcome {
  const { bridge, host, link, vlans, owner, netns, mark } = attachment;
  const addPort = [...(again ? ['--may-exist'] : []), 'add-port', bridge, host.name, ...portColumns(vlans, owner)];
  const args = [...connectionArguments(options), ...addPort];
  return options.exec('sh', ['-c', script, 'sh', ...args], {
    descriptor: netns,
    // Beyond ovs-vsctl's own deadline, what the kernel does takes milliseconds.
    timeout: options.timeout() + 5000,
    env: {
      ...mark,
      HOST_ORDERS: orders,
      ADDRESS_ORDERS: addressOrders(link),
      UP_ORDERS: upOrders(link),
      CONTAINER_SCRIPT: containerScript,
      IFNAME: link.name,
      ACCEPT_RA: link.acceptRA === undefined ? '' : link.acceptRA ? '1' : '0',
    },
  });
}

/** The outcome of ovs-vsctl, once the rest is known to be good. */
function judge({ database }: OvsOptions, attachment: Attachment, outcome: Outcome): Outcome {
  const { host, bridge } = attachment;
  const failed = /^(?<said>.*?)\s*exit (?<code>\d+)$/s.exec(outcome.stdout)?.groups;
  if (failed?.['said'] !== undefined) return { ...outcome, code: Number(failed['code']), stderr: failed['said'] };
  if (outcome.timedOut) throw ovsFailure(outcome, database);
  if (outcome.stdout.includes('Error detected')) {
    throw new Failure(
      'wiring',
      `Open vSwitch refuses the port ${host.name} on bridge ${bridge}: ${errorLine(outcome.stdout)}`,
    );
  }
  if (outcome.code !== 0) throw containerSideFailure(attachment, outcome);
  return outcome;
}

function hostSideFailure({ host, link }: Attachment, { stderr }: Outcome): Failure {
  if (stderr.includes('File exists')) {
    return new Failure('wiring', `the interface ${link.name} exists already in the network namespace`, {
      details: 'each network of a Pod needs an interface name of its own; a container is attached once',
    });
  }
  return new Failure('wiring', `the veth pair ${host.name} – ${link.name} cannot be made: ${firstLine(stderr)}`);
}

function containerSideFailure({ link }: Attachment, { stderr }: Outcome): Failure {
  const orders = `${addressOrders(link)}\n${upOrders(link)}`.split('\n');
  const line = orders[Number(/Command failed -:(\d+)/.exec(stderr)?.[1]) - 1];
  const order =
    line === undefined ? `the interface ${link.name} cannot be set up` : `"ip ${line}" fails in the network namespace`;
  return new Failure('wiring', `${order}: ${firstLine(stderr)}`);
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/^(Error|RTNETLINK answers): /, '');
}
