import { formatAddress } from '../../ipam/address.ts';
import type { Owner } from '../../ipam/store.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import { formatAge } from '../output/age.ts';
import { shellWord } from '../output/shell-word.ts';
import type { Holding } from './holdings.ts';
import type { ControllerLife, Life, NodeLife } from './life.ts';

/** Who holds an address, whether that is alive, and what will free it, and when. */
export function holderFindings({ allocation, since }: Holding, life: Life | undefined, now: Date): readonly Finding[] {
  const { address, pool, phase, owner } = allocation;
  const text = formatAddress(address);
  const time = since === '' ? '' : ` for ${formatAge(since, now)}`;
  const held = ok(`address ${text}`, `of pool ${pool}, held${time} by ${describeOwner(owner)}`);
  if (phase === 'Reserved') return [held, ok('holder', 'does not run now: the address is kept for it')];
  if (life === undefined) return [held, filesHolder(owner)];
  const holder = holderFinding(owner, life, now);
  if (holder.state === 'ok' || life.pod.kind !== 'gone') return [held, holder];
  return [held, holder, ...nodeFinding(owner.pod.node, life.node, now), ...controllerFinding(life.controller)];
}

/** `Pod team/web-0 (interface net1 of container 4fe1…, network vlan100, Node node-1)`; what has no Namespace is no Pod */
export function describeOwner({ network, pod }: Owner): string {
  const { namespace, name, ifName, containerID, node } = pod;
  const who = namespace === '' ? name || 'no Pod' : `Pod ${namespace}/${name}`;
  const where = node === '' ? '' : `, Node ${node}`;
  return `${who} (interface ${ifName} of container ${containerID.slice(0, 13)}, network ${network}${where})`;
}

const byHand =
  'if that container is gone, DEL is to be called once more: docs/troubleshooting.md, "An address that nobody gives back"';

function filesHolder({ pod }: Owner): Finding {
  const message = 'is not known to files: DEL, GC and the agent of this Node free the address';
  if (pod.name === '') return ok('holder', `${message}; ${byHand}`);
  const look = pod.namespace === '' ? 'podman inspect' : 'crictl pods --name';
  return ok('holder', `${message}: ${look} ${shellWord(pod.name)}`);
}

function holderFinding(owner: Owner, { pod, node, controller }: Life, now: Date): Finding {
  const { namespace, name } = owner.pod;
  const who = `Pod ${namespace}/${name}`;
  if (pod.kind === 'unnamed') {
    return ok(
      'holder',
      `names no Pod (cnitool, podman): DEL frees it, or the agent of its Node, if something else there still tells of it; never the controller; ${byHand}`,
    );
  }
  if (pod.kind === 'unknown') {
    return warn('holder', `whether it lives cannot be told: ${pod.reason}`, 'ask as somebody who may: --context NAME');
  }
  if (pod.kind === 'gone') return goneFinding(owner, { node, controller, now, another: pod.another });
  if (pod.kind === 'alive') {
    const state = pod.deleting ? 'is being deleted' : `lives (${pod.phase || 'no phase yet'})`;
    return ok('holder', `${who} ${state}: DEL frees the address when it ends, or else the agent of its Node`);
  }
  return warn(
    'holder',
    `${who} has ended (${pod.phase}), and its object is still there: DEL frees the address, or else the agent of its Node; the controller does not`,
    `kubectl delete pod -n ${shellWord(namespace)} ${shellWord(name)}`,
  );
}

interface Gone {
  readonly another: boolean;
  readonly node: NodeLife;
  readonly controller: ControllerLife;
  readonly now: Date;
}

function goneFinding({ pod }: Owner, { another, node, controller, now }: Gone): Finding {
  const replaced = another ? '; another Pod has its name now' : '';
  const gone = `Pod ${pod.namespace}/${pod.name} of this UID is gone${replaced}`;
  if (pod.uid === '') {
    return fail(
      'holder',
      `Pod ${pod.namespace}/${pod.name} is gone, and its UID was never told: DEL or the agent of its Node can free it, the controller does not`,
      byHand,
    );
  }
  const by = freedBy(pod.node, node, now);
  if (controller.kind !== 'absent') return warn('holder', `${gone}: ${by.when}`, by.advice);
  return fail(
    'holder',
    `${gone}, and no controller runs: ${by.withoutController}`,
    'start it: antrea controller --help',
  );
}

interface Freeing {
  readonly when: string;
  readonly withoutController: string;
  readonly advice: string;
}

function freedBy(name: string, node: NodeLife, now: Date): Freeing {
  const onNode = 'only DEL, GC or the agent of its Node can free it';
  if (node.kind === 'silent' && node.object === 'there') {
    const sofar = node.since === '' ? 'it has no Lease' : `${formatAge(node.since, now)} of silence so far`;
    const word = shellWord(name);
    return {
      when: `its Node is silent, so the Pod may still run there: the controller frees it once the Node is back, deleted, out of service, or silent for longer than --lost-node-after (24h; ${sofar})`,
      withoutController: 'its Node is silent too, so nobody frees it until that is back',
      advice: `if that Node is off for good: kubectl delete node ${word}, or kubectl taint node ${word} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute`,
    };
  }
  if (node.kind === 'silent') {
    return {
      when: `its Node is ${node.object}: the controller frees it when it has seen that for --cleanup-grace (10m)`,
      withoutController: `its Node is ${node.object}, so nobody frees it`,
      advice: 'wait for some minutes, then look again; what the controller does: its log',
    };
  }
  const patience = node.kind === 'unnamed' ? '--lost-node-after (24h), as no Node is told' : '--cleanup-grace (10m)';
  return {
    when: `DEL frees it, or else the agent of its Node when the sandbox is gone, or else the controller when it has seen that for ${patience}`,
    withoutController: onNode,
    advice: 'wait for some minutes, then look again',
  };
}

function nodeFinding(name: string, node: NodeLife, now: Date): readonly Finding[] {
  const what = `Node ${name}`;
  if (node.kind === 'unnamed') {
    return [ok('Node', 'is not told by the owner: the controller waits as for a Node that is silent')];
  }
  if (node.kind === 'alive') return [ok(what, 'lives: its Lease is fresh')];
  if (node.kind === 'unknown') return [ok(what, `whether it lives cannot be told: ${node.reason}`)];
  const age = node.since === '' ? 'it has no Lease' : `its Lease was renewed ${formatAge(node.since, now)} ago`;
  return [warn(what, `is silent: ${age}; its object is ${node.object}`, `kubectl describe node ${shellWord(name)}`)];
}

function controllerFinding(controller: ControllerLife): readonly Finding[] {
  if (controller.kind === 'alive') return [ok('controller', 'runs')];
  // That none runs has been said of the holder.
  return controller.kind === 'absent'
    ? []
    : [ok('controller', `whether one runs cannot be told: ${controller.reason}`)];
}
