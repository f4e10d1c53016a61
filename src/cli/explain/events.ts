import type { KubeClient } from '../../kube/client.ts';
import { applyDeployment } from '../../kube/deployment.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { isJsonObject } from '../../system/json-object.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import { formatAge } from '../output/age.ts';
import { refusalOf, textIn } from './lookup.ts';
import type { PodFacts } from './pod-facts.ts';

/** What keeps the sandbox of a Pod from being made. */
const reasons = ['FailedCreatePodSandBox', 'NoNetworkFound', 'FailedScheduling'];

/** What the agent tells of a Pod that runs. */
const lasting = ['RunsWithoutItsNetworks', 'NetworksChangedAfterStart'];

/** The latest complaint of the Node about the Pod's sandbox, which has the plugin's own words, and of the agent. */
export async function eventFindings(client: KubeClient, facts: PodFacts, now: Date): Promise<readonly Finding[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(facts.namespace)}/events`;
  try {
    const lists = await Promise.all(
      uidsOf(facts).map(async (uid) => {
        const query = { fieldSelector: `involvedObject.uid=${uid}`, limit: '500' };
        const { items } = (await client.send({ method: 'GET', path, query })).body;
        return Array.isArray(items) ? items.filter(isJsonObject) : [];
      }),
    );
    const events = lists.flat();
    const [failed, lacking] = [reasons, lasting].map((some) => latestOf(events, some));
    return [
      ...(failed === undefined ? [] : [findingOf(failed, facts, now)]),
      ...(lacking === undefined ? [] : [lackingFinding(lacking, facts, now)]),
    ];
  } catch (error) {
    return [ok('events', `cannot be read: ${refusalOf(error).reason}`)];
  }
}

/** The kubelet knows a static Pod by another UID than the API does. Whatever else stands there is no UID. */
function uidsOf({ uid, staticUID }: PodFacts): readonly string[] {
  return /^[\w-]+$/.test(staticUID) && staticUID !== uid ? [uid, staticUID] : [uid];
}

function latestOf(events: readonly JsonObject[], some: readonly string[]): JsonObject | undefined {
  const found = events.filter((event) => some.includes(textIn(event, 'reason')));
  return found.toSorted((a, b) => timeOf(b).localeCompare(timeOf(a))).at(0);
}

function findingOf(event: JsonObject, { phase, node }: PodFacts, now: Date): Finding {
  const message = messageIn(event, now);
  if (phase !== 'Pending') return ok('event', message);
  return fail('event', message, adviceFor(textIn(event, 'message').replaceAll(/\s+/g, ' '), node));
}

function lackingFinding(event: JsonObject, { namespace, name }: PodFacts, now: Date): Finding {
  return warn('event', messageIn(event, now), `if something makes it anew: kubectl delete pod -n ${namespace} ${name}`);
}

function messageIn(event: JsonObject, now: Date): string {
  const text = textIn(event, 'message').replaceAll(/\s+/g, ' ');
  const short = text.length > 500 ? `…${text.slice(-500)}` : text;
  return `${formatAge(timeOf(event), now)} ago, ${textIn(event, 'reason')}: ${short}`;
}

function timeOf(event: JsonObject): string {
  const series = event['series'];
  const last = isJsonObject(series) ? textIn(series, 'lastObservedTime') : '';
  return last || textIn(event, 'lastTimestamp') || textIn(event, 'eventTime') || textIn(event, 'firstTimestamp');
}

/** What to do about what the plugin has said to the container runtime. */
export function adviceFor(message: string, node: string): string {
  const known = advice.find(({ pattern }) => pattern.test(message));
  const onNode = node === '' ? 'on the Node' : `on ${node}`;
  return (known?.advice ?? 'each message is explained in docs/troubleshooting.md').replace('{on the Node}', onNode);
}

const advice = [
  { pattern: /cannot [a-z]+ resource "/, advice: 'the plugin lacks a right: kubectl apply -f deploy/rbac.yaml' },
  {
    pattern: /only allocations whose owner|not bound to a Node/,
    advice: "the Node's token is not bound to it, or nodeName is another's: antrea check, {on the Node}",
  },
  { pattern: /does not accept the credentials/, advice: "the Node's token is not valid: antrea check, {on the Node}" },
  { pattern: /knows no IPPools/, advice: applyDeployment },
  {
    pattern: /API server .* (?:did not answer|answered|has too many requests)/,
    advice: 'the Node does not get on with the API server: antrea check, {on the Node}',
  },
  {
    pattern: /is not allowed on this Node|is not open to networks on this Node/,
    advice:
      'the Node file decides which VLANs and bridges are allowed, {on the Node}: /etc/cni/net.d/antrea.d/node.json',
  },
  { pattern: /Open vSwitch/, advice: 'antrea check, {on the Node}' },
  { pattern: /exhausted/, advice: 'who holds the addresses: antrea explain pool/NAME' },
  {
    pattern: /failed to find plugin|executable file not found/,
    advice: 'the plugin that is named is missing, {on the Node}; this one installs itself there: antrea install',
  },
] as const;
