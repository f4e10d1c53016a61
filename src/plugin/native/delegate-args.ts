import type { CniArgs } from '../../cni/args.ts';
import { Failure } from '../../system/failure.ts';
import { quote } from '../../system/quote.ts';

const ofPod = ['K8S_POD_NAMESPACE', 'K8S_POD_NAME', 'K8S_POD_INFRA_CONTAINER_ID', 'K8S_POD_UID'] as const;

/**
 * CNI_ARGS for the plugins of one network: who the Pod is, and the MAC that it asks for. Addresses go another way:
 * host-local refuses a list here.
 * @throws Failure `config`
 */
export function delegateArgs(args: CniArgs, mac: string | undefined): string {
  const pairs = ofPod.flatMap((key) => (args[key] === undefined ? [] : [`${key}=${args[key]}`]));
  return ['IgnoreUnknown=1', ...pairs, ...(mac === undefined ? [] : [`MAC=${checkedMAC(mac)}`])].join(';');
}

/** Also the 8 octets of an EUI-64 and the 20 of InfiniBand. */
function checkedMAC(mac: string): string {
  if (/^[0-9a-f]{2}(?::[0-9a-f]{2})+$/i.test(mac) && [17, 23, 59].includes(mac.length)) return mac;
  throw new Failure('config', `mac ${quote(mac)} is not a MAC address such as 02:42:ac:11:00:02`);
}
