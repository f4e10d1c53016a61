import { NoAnswer } from '../../agent-protocol/exchange.ts';
import { readError } from '../../agent-protocol/protocol.ts';
import { errorObject } from '../../cni/errors.ts';
import { parseResult } from '../../cni/result-parse.ts';
import { writePodEvent, type PodEvent, type RegardedPod } from '../../kube/pod-event.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { SandboxAttachment } from '../../system/sandboxes.ts';
import type { Native } from './native.ts';
import type { Pod } from './pod.ts';

/** Milliseconds. Events are a courtesy: what goes wrong with one is logged, and does not change the call. */
const patience = 1000;

/** Which networks the Pod has got. */
export async function attachedEvent(native: Native, attachments: readonly SandboxAttachment[]): Promise<PodEvent> {
  const { cniVersion } = native.context.call.config;
  const parts = attachments.map(({ nad, ifname, result }) => {
    const { ips } = parseResult(result ?? {}, cniVersion, `the result of network ${nad}`);
    return [ifname, ...ips.map(({ address }) => address), `from ${nad}`].join(' ');
  });
  return { type: 'Normal', reason: 'AttachedNetworks', message: parts.join('; ') };
}

/** When `work` fails, tells on the Pod which network it was, why, and what to do. */
export async function tellingFailure<T>(native: Native, pod: Pod, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await tell(native, pod, { type: 'Warning', reason: 'FailedAttachNetworks', message: explained(error, pod) });
    throw error;
  }
}

function explained(error: unknown, { namespace, name }: Pod): string {
  const { msg, details = '' } = errorObject(error, '');
  const isTold = error instanceof Failure && details !== '';
  return `${msg.slice(0, 500)}${isTold ? ` (${details.slice(0, 300)})` : ''}. More: antrea explain -n ${namespace} ${name}`;
}

/** Never rejects. */
export async function tell(native: Native, pod: Pod, event: PodEvent): Promise<void> {
  const { settings, log } = native.context;
  try {
    const mirrored = pod.annotation('kubernetes.io/config.mirror');
    const { namespace, name, uid } = pod;
    const about = { namespace, name, uid, mirrored };
    const left = await leaveToAgent(native, about, event);
    if (left === 'done') return;
    const component = 'antrea-cni/plugin';
    const reporter = { client: native.cluster(), component, node: settings.nodeName, patience } as const;
    // What the agent may have written is not counted again.
    await writePodEvent(reporter, about, { ...event, once: left === 'uncertain' });
  } catch (error) {
    log('warn', 'cannot write an Event', { reason: event.reason, error: messageOf(error) });
  }
}

/** Characters: a little more than the API server takes, so that it shows where a message was cut. */
const longest = 2000;

/** The agent writes it when nobody waits for it. */
async function leaveToAgent(
  { agent }: Native,
  pod: RegardedPod,
  event: PodEvent,
): Promise<'done' | 'uncertain' | 'not done'> {
  if (agent === undefined) return 'not done';
  const { exchange, kubeconfig } = agent;
  const told = { ...event, message: event.message.slice(0, longest) };
  try {
    const answer = await exchange.ask({ op: 'event', kubeconfig, pod, event: told }, patience);
    return readError(answer) === undefined ? 'done' : 'not done';
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return error.mayBeDone ? 'uncertain' : 'not done';
  }
}
