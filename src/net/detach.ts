import type { Files } from '../system/files.ts';
import { Failure } from '../system/failure.ts';
import { connectionArguments, untilServed, type OvsOptions } from './ovs.ts';

/**
 * Both at once. `ip link delete` returns only after a grace period of the kernel (about 18 ms), though both ends of the
 * pair are closed and gone after 2 ms: so nobody waits for it when ovs-vsctl returns to find the link gone
 * (docs/adr/0003-hot-path-processes.md).
 */
const script = `
link=$1
shift
if [ -n "$link" ]; then ip link delete dev "$link" >/dev/null 2>&1 & fi
ovs-vsctl "$@"
status=$?
if [ -n "$link" ] && [ -e "/proc/sys/net/ipv4/conf/$link" ]; then wait; fi
exit $status
`;

export interface Detachment {
  /** Name of the host's end and of the port. Whether the port is ours is the caller's to know. */
  readonly hostInterface: string;
  readonly mark: Readonly<Record<string, string>>;
  readonly files: Pick<Files, 'exists'>;
}

/**
 * Removes the port and the veth pair. What is gone already is no error; one that fails does not keep the other.
 * @returns what went wrong: nothing when both are gone
 */
export function detach(options: OvsOptions, { hostInterface, mark, files }: Detachment): readonly Failure[] {
  const failures: Failure[] = [];
  const link = linkExists(files, hostInterface) ? hostInterface : '';
  try {
    untilServed(options, () =>
      options.exec(
        'sh',
        [
          '-c',
          script,
          'sh',
          link,
          ...connectionArguments(options),
          '--no-wait',
          '--if-exists',
          'del-port',
          hostInterface,
        ],
        {
          timeout: options.timeout() + 5000,
          env: { ...mark },
        },
      ),
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failures.push(error);
  }
  return [...failures, ...deleteLink(options, { hostInterface, files })];
}

export function linkExists(files: Pick<Files, 'exists'>, name: string): boolean {
  return files.exists(`/proc/sys/net/ipv4/conf/${name}`);
}

/** @returns what went wrong: nothing when the link is gone */
export function deleteLink(
  { exec }: Pick<OvsOptions, 'exec'>,
  { hostInterface, files }: Pick<Detachment, 'hostInterface' | 'files'>,
): readonly Failure[] {
  if (!linkExists(files, hostInterface)) return [];
  const { code, stderr } = exec('ip', ['link', 'delete', 'dev', hostInterface], { timeout: 5000 });
  if (code === 0 || stderr.includes('Cannot find device')) return [];
  return [new Failure('wiring', `the link ${hostInterface} cannot be deleted: ${stderr}`)];
}
