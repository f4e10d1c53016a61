import type { CniResult } from '../../cni/result.ts';
import {
  defaultNetworkAnnotation,
  networksAnnotation,
  parseNetworks,
  type NetworkSelection,
} from '../../multinet/annotation.ts';
import { withNetns } from '../../net/netns.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { SandboxAttachment, SandboxRecord } from '../../system/sandboxes.ts';
import { exclusively } from '../exclusive.ts';
import { attachEach, writeRecord, type Work } from './attach-each.ts';
import { defaultRoutes, setDefaultRoutes } from './default-route.ts';
import { detachAll, detachUnrecorded } from './detach-all.ts';
import { attachedEvent, tell, tellingFailure } from './events.ts';
import type { Native } from './native.ts';
import { writeNetworkStatus } from './network-status.ts';
import { readSecondaryOptions, type SecondaryOptions } from './options.ts';
import { planNetworks } from './plan.ts';
import { podIdentity, readPod, type Pod } from './pod.ts';

/**
 * ADD after the plugin of the Pod network: attaches all networks of the Pod's annotation, or none.
 * @returns what that plugin has answered
 */
export async function add(native: Native): Promise<CniResult> {
  const { context, request } = native;
  const { config } = context.call;
  const options = readSecondaryOptions(config.raw);
  const primary = config.prevResult;
  if (primary === undefined) {
    throw new Failure(
      'config',
      'the key prevResult is missing: networkType "secondary" comes after the plugin of the Pod network, in the same list',
    );
  }
  const identity = podIdentity(request.args);
  if (identity === undefined || options.skipNamespaces.includes(identity.namespace)) return primary;
  const pod = await readPod(native.cluster(), identity);
  await tellingFailure(native, pod, async () => {
    const selections = wantedNetworks(pod);
    if (selections.length === 0) return;
    const planning = planNetworks(native, { selections, options, podNamespace: pod.namespace });
    // They are on their way while the lock is taken; whoever waits for them is told what is wrong.
    planning.catch(() => {});
    await exclusively(context, request, () => attachAll(native, { pod, options, primary, selections, planning }));
  });
  return primary;
}

function wantedNetworks({ namespace, annotation }: Pod): readonly NetworkSelection[] {
  if (annotation(defaultNetworkAnnotation) !== '') {
    throw new Failure(
      'unsupported',
      `the annotation ${defaultNetworkAnnotation} is Multus' alone: expected the network in ${networksAnnotation}, besides the Pod network`,
    );
  }
  return parseNetworks(annotation(networksAnnotation), namespace);
}

interface Wish {
  readonly pod: Pod;
  readonly options: SecondaryOptions;
  readonly primary: CniResult;
  readonly selections: readonly NetworkSelection[];
  readonly planning: Promise<readonly SandboxAttachment[]>;
}

async function attachAll(native: Native, wish: Wish): Promise<void> {
  const { selections, pod, planning } = wish;
  await takeBackEarlier(native);
  const plans = await planning;
  const routes = defaultRoutes(
    selections,
    plans.map(({ ifname }) => ifname),
  );
  await withNetns(native.request.netns, async (netns) => {
    const work: Work = { plans, record: emptyRecord(native, pod) };
    try {
      await attachEach(native, work);
      setDefaultRoutes(native, netns, routes);
      const { attachments } = work.record;
      const writing = writeNetworkStatus(native, { ...wish, attachments });
      const [event] = await Promise.all([attachedEvent(native, attachments), writing]);
      const told = tell(native, pod, event);
      writeRecord(native, work, { complete: true });
      await told;
    } catch (error) {
      await rollBack(native, work.record);
      throw error;
    }
    const networks = work.record.attachments.map(({ nad, ifname }) => `${nad}@${ifname}`);
    native.context.log('info', 'attached the networks of the Pod', { networks });
  });
}

/** @throws Failure `wiring` when the sandbox has its networks already; those of an ADD that was killed are taken back */
async function takeBackEarlier(native: Native): Promise<void> {
  const { sandboxes, request } = native;
  const earlier = sandboxes.read(request);
  if (earlier?.complete === true) {
    throw new Failure('wiring', `container ${request.containerID} has its secondary networks already`, {
      details: 'DEL comes before another ADD of the same interface',
    });
  }
  if (earlier !== undefined) await detachAll(native, earlier);
  else if (sandboxes.isDamaged(request)) await detachUnrecorded(native);
}

function emptyRecord({ context, request }: Native, { namespace, name, uid, annotation }: Pod): SandboxRecord {
  const { containerID, ifname, netns } = request;
  const network = context.call.config.name;
  const pod = { namespace, name, uid };
  const networks = annotation(networksAnnotation);
  return { containerID, ifname, netns, network, pod, networks, complete: false, attachments: [] };
}

/** What cannot be taken back stays in the record, for DEL and GC. */
async function rollBack(native: Native, record: SandboxRecord): Promise<void> {
  try {
    await detachAll(native, record);
  } catch (error) {
    native.context.log('error', 'not everything of a failed ADD could be taken back: DEL or GC will', {
      error: messageOf(error),
    });
  }
}
