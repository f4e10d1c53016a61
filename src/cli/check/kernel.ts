import type { Exec } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import { attempt, ending } from '../../agent/host/tools.ts';

const name = 'kernel';

/** Makes a veth pair in a network namespace that ends with the process that made it. */
export function checkKernel(exec: Exec): Finding {
  const makeVeth = ['ip', 'link', 'add', 'name', 'check0', 'type', 'veth', 'peer', 'name', 'check1'];
  const outcome = attempt(exec, ['unshare', '--net', ...makeVeth]);
  if (outcome instanceof Failure) {
    return warn(name, `network namespaces and veth could not be tried: ${outcome.message}`, 'install util-linux');
  }
  if (outcome.code === 0) return ok(name, 'makes network namespaces and veth pairs');
  const reason = outcome.stderr || ending(outcome);
  return fail(
    name,
    `a veth pair in a network namespace of its own cannot be made: ${reason}`,
    'run this as root; if it is: modprobe veth, or use a kernel with CONFIG_NET_NS and CONFIG_VETH',
  );
}
