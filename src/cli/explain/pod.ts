import { namespacePath } from '../../ipam/kubernetes/paths.ts';
import type { KubeClient } from '../../kube/client.ts';
import { networksAnnotation, parseNetworks, type NetworkSelection } from '../../multinet/annotation.ts';
import { Failure } from '../../system/failure.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import { formatAge } from '../output/age.ts';
import { withoutPod, type PodName } from './absent-pod.ts';
import { eventFindings } from './events.ts';
import type { Explanation } from './explanation.ts';
import type { Holding } from './holdings.ts';
import { lookUpNode } from './life.ts';
import { lookUp, podPath, textIn, type Lookup } from './lookup.ts';
import { definitionPath, networkUse, type NetworkUse } from './network.ts';
import { networkFindings, unmanagedAddresses, type NetworkCase } from './networks.ts';
import { hasName, isThisPod, readPodFacts, type PodFacts } from './pod-facts.ts';
import type { PoolUse } from './pool-use.ts';
import { reportedFindings } from './reported.ts';
import { rightsFindings } from './rights.ts';
import { explainHolding, getPool, type View } from './view.ts';

/** Which addresses a Pod has, and why it has none of a network that it asks for. */
export async function explainPod(view: View, pod: PodName): Promise<Explanation> {
  const { cluster } = view;
  if (cluster === undefined) return withoutPod(view, pod);
  const found = await lookUp(cluster.client, podPath(pod));
  if (found.kind === 'refused') throw found.failure;
  if (found.kind === 'missing') return withoutPod(view, pod);
  return explainThere(view, { client: cluster.client, facts: readPodFacts(found.object) });
}

interface Sources {
  readonly client: KubeClient;
  readonly facts: PodFacts;
}

async function explainThere(view: View, { client, facts }: Sources): Promise<Explanation> {
  const { selections, refused = [] } = wantedNetworks(facts);
  const cases = await casesOf(view, { client, facts }, selections);
  const onNode = facts.node === '' ? [] : await view.holdings.find({ node: facts.node });
  const holdings = distinct([...cases.flatMap(({ pools }) => pools.flatMap((pool) => pool.holdings)), ...onNode]);
  const own = holdings.filter(({ allocation: { owner } }) => isThisPod(facts, owner));
  const former = holdings.filter(({ allocation: { owner } }) => hasName(facts, owner.pod) && !isThisPod(facts, owner));
  const left = await Promise.all(former.map((holding) => explainHolding(view, holding)));
  const networks = cases.flatMap(networkFindings);
  const isWell = networks.every(({ state }) => state === 'ok') && own.length > 0;
  const ofPools = cases.filter(({ use }) => use.kind === 'pools');
  return {
    kind: 'Pod',
    name: `${facts.namespace}/${facts.name}`,
    found: true,
    held: own.map(({ allocation }) => allocation),
    findings: [
      ...podFindings(facts),
      ...(isAsking(facts) ? refused : [askingFinding(own)]),
      ...networks,
      ...(await Promise.all(own.map((holding) => explainHolding(view, holding)))).flat(),
      ...left.flat(),
      ...reportedFindings({
        facts,
        selections: ofPools.map(({ selection }) => selection),
        holdings: own,
        unmanaged: ofPools.flatMap(unmanagedAddresses),
      }),
      ...(await nodeFindings(client, facts, view.now)),
      ...(await eventFindings(client, facts, view.now)),
      ...(isWell || ofPools.length === 0 ? [] : await rightsFindings(client)),
    ],
  };
}

function podFindings({ namespace, name, phase, node, hostNetwork }: PodFacts): readonly Finding[] {
  const describe = `kubectl describe pod -n ${namespace} ${name}`;
  if (hostNetwork) {
    const message = "is in the Node's own network (hostNetwork): it gets no further interface";
    return [fail('Pod', message, 'leave hostNetwork out of its spec')];
  }
  if (node === '') return [fail('Pod', 'is not scheduled to a Node yet: before that, nothing is attached', describe)];
  if (phase === 'Succeeded' || phase === 'Failed') {
    return [warn('Pod', `has ended (${phase}): DEL gives its addresses back`, describe)];
  }
  return [ok('Pod', `${phase || 'without a phase'}, on Node ${node}`)];
}

function isAsking({ annotations }: PodFacts): boolean {
  return textIn(annotations, networksAnnotation).trim() !== '';
}

/** Of a Pod that asks for no network: it may have its addresses of the network that all Pods have. */
function askingFinding(own: readonly Holding[]): Finding {
  const message = `there is no ${networksAnnotation}: it asks for no network`;
  if (own.length > 0) return ok('annotation', `${message}, and has what the Pod network gives it`);
  const advice = 'add it to the Pod, and with a Deployment to its spec.template.metadata.annotations';
  return fail('annotation', message, advice);
}

interface Wanted {
  readonly selections: readonly NetworkSelection[];
  /** What is wrong with the asking. */
  readonly refused?: readonly Finding[];
}

function wantedNetworks({ annotations, namespace, name }: PodFacts): Wanted {
  try {
    return { selections: parseNetworks(textIn(annotations, networksAnnotation), namespace) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const message = `${networksAnnotation}: ${error.message}; none of its networks is attached`;
    const advice = `put it right, and recreate the Pod: kubectl get pod -n ${namespace} ${name} -o yaml`;
    return { selections: [], refused: [fail('annotation', message, advice)] };
  }
}

async function casesOf(
  view: View,
  { client, facts }: Sources,
  selections: readonly NetworkSelection[],
): Promise<readonly NetworkCase[]> {
  const namespace = await lookUp(client, namespacePath(facts.namespace));
  // Of other Nodes, nobody here knows what they allow.
  const node = view.node !== undefined && view.node.nodeName === facts.node ? view.node : undefined;
  const known = new Map<string, Promise<PoolUse>>();
  return Promise.all(
    selections.map(async (selection) => {
      const definition: Lookup = await lookUp(client, definitionPath(selection));
      const use: NetworkUse = networkUse(selection, definition, { ownType: view.ownType, node });
      const names = use.kind === 'pools' ? use.ipam.ippools : [];
      for (const name of names) if (!known.has(name)) known.set(name, poolUse(view, name));
      const pools = await Promise.all(names.flatMap((name) => known.get(name) ?? []));
      return { selection, use, pools, facts, namespace, node };
    }),
  );
}

async function poolUse(view: View, name: string): Promise<PoolUse> {
  try {
    const stored = await getPool(view, name);
    return { name, stored, holdings: await view.holdings.find({ pool: name }) };
  } catch (error) {
    if (error instanceof Failure && error.kind === 'not-found') return { name, stored: undefined, holdings: [] };
    throw error;
  }
}

function distinct(holdings: readonly Holding[]): readonly Holding[] {
  return [...new Map(holdings.map((holding) => [holding.allocation.version, holding])).values()];
}

async function nodeFindings(client: KubeClient, { node: name }: PodFacts, now: Date): Promise<readonly Finding[]> {
  const node = await lookUpNode(client, name, now);
  if (node.kind !== 'silent') return [];
  const since = node.since === '' ? 'it has no Lease' : `its Lease was renewed ${formatAge(node.since, now)} ago`;
  return [warn(`Node ${name}`, `is silent: ${since}; nothing is attached there`, `kubectl describe node ${name}`)];
}
