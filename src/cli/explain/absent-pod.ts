import { ownerName } from '../../ipam/owner.ts';
import { fail, ok, type Finding } from '../../system/finding.ts';
import type { Explanation } from './explanation.ts';
import type { Holding } from './holdings.ts';
import { lookUp, podPath } from './lookup.ts';
import { hasName } from './pod-facts.ts';
import { explainHolding, type View } from './view.ts';

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** Whether there is one of that name, or, where only files are known, one that holds something. */
export async function isThere({ cluster, holdings }: View, pod: PodName): Promise<boolean> {
  if (cluster !== undefined) return (await lookUp(cluster.client, podPath(pod))).kind === 'found';
  return (await holdings.find({})).some((holding) => isNamed(pod, holding));
}

/** All that can be said of a Pod that is not there, or of which files know nothing. */
export async function withoutPod(view: View, pod: PodName): Promise<Explanation> {
  const holdings = await view.holdings.find({});
  const own = holdings.filter((holding) => isNamed(pod, holding));
  const explained = await Promise.all(own.map((holding) => explainHolding(view, holding)));
  const { namespace, name } = pod;
  const absent =
    view.cluster === undefined
      ? ok('Pod', 'is not known to files: what it holds is all that can be said')
      : fail('Pod', `there is no Pod ${name} in Namespace ${namespace}`, 'which there are: kubectl get pods -A');
  return {
    kind: 'Pod',
    name: `${namespace}/${name}`,
    found: own.length > 0,
    held: own.map(({ allocation }) => allocation),
    findings: [absent, ...(own.length === 0 ? [namesakes(pod, holdings)] : explained.flat())],
  };
}

function isNamed(pod: PodName, { allocation: { owner } }: Holding): boolean {
  return hasName(pod, owner.pod) || ownerName(owner) === pod.name;
}

/** Of a Pod that holds nothing: perhaps it was looked for in the wrong Namespace. */
function namesakes({ name }: PodName, holdings: readonly Holding[]): Finding {
  const others = holdings.filter(({ allocation }) => allocation.owner.pod.name === name);
  const names = [...new Set(others.map(({ allocation }) => ownerName(allocation.owner)))];
  if (names.length === 0) return ok('addresses', 'it holds none');
  return ok('addresses', `it holds none; of that name others do: ${names.slice(0, 5).join(', ')}`);
}
