import type { KubeClient } from '../../../kube/client.ts';
import { Failure } from '../../../system/failure.ts';
import { fail, ok, type Finding } from '../../../system/finding.ts';
import { ask } from './ask.ts';

const name = 'API server';
/** Policies can be bound, and read which Node a token is of, from here on. */
const neededMinor = 31;

/** Whether it answers this Node, and is new enough. */
export async function checkServer(client: KubeClient): Promise<Finding> {
  const answer = await ask(client, { method: 'GET', path: '/version' });
  if (answer instanceof Failure) return unreachable(client, answer);
  const { major, minor, gitVersion } = answer.body;
  const version = typeof gitVersion === 'string' ? gitVersion : `${String(major)}.${String(minor)}`;
  const isNew = Number(major) > 1 || minorOf(minor) >= neededMinor;
  if (isNew) return ok(name, `${client.server}, Kubernetes ${version} (1.${neededMinor} or later is needed)`);
  return fail(
    name,
    `${client.server} is Kubernetes ${version}: 1.${neededMinor} or later is needed`,
    'upgrade the cluster: older ones do not enforce what deploy/policies.yaml says',
  );
}

/** Some write `31+`. */
function minorOf(minor: unknown): number {
  return Number(/^\d+/.exec(String(minor))?.[0]);
}

function unreachable({ server }: KubeClient, { message }: Failure): Finding {
  if (message.includes('does not accept the credentials')) {
    return fail('token', `${message}; the Node's object may be gone, too`, 'a new one: docs/kubernetes.md, "Install"');
  }
  return fail(name, message, `what is in between: curl -k ${server}/readyz on this Node`);
}
