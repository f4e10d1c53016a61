import { randomUUID } from 'node:crypto';
import type { Cluster } from '../../test/cluster/cluster.ts';
import { applyObject } from '../../test/cluster/deploy.ts';
import { uidOf } from '../../test/cluster/objects.ts';
import { allocationPath } from '../../test/cluster/pools.ts';
import { until } from '../../test/fixture/until.ts';

export const group = 'crd.antrea.io/v1beta1';

/** The pool 10.<second>.0.0/16 on VLAN 100; its UID. */
export async function makeClusterPool(cluster: Cluster, name: string, second: number): Promise<string> {
  const spec = {
    ipRanges: [{ cidr: `10.${second}.0.0/16` }],
    subnetInfo: { gateway: `10.${second}.0.1`, prefixLength: 16, vlan: 100 },
  };
  const metadata = { name, finalizers: ['crd.antrea.io/ipallocations'] };
  return uidOf(await applyObject(cluster.admin, { apiVersion: group, kind: 'IPPool', metadata, spec }));
}

export interface Filling {
  readonly pool: string;
  readonly poolUID: string;
  readonly second: number;
  /** The lower 16 bits of each address. */
  readonly hosts: readonly number[];
  /** The UID of the Pod that holds it, by its place. Default: none. */
  readonly podUID?: (index: number) => string;
  /** Default: a Node that nobody knows. */
  readonly node?: string;
}

/**
 * Puts allocations of Pods that do not exist straight into etcd, through its JSON gateway: by the API server, 60,000
 * would take minutes. What is there is what it would have written.
 */
export async function fillClusterPool(cluster: Cluster, filling: Filling): Promise<void> {
  const { pool, hosts } = filling;
  const places = Array.from(hosts.keys());
  const puts = places.map((index) => {
    const { name, object } = allocationOf(filling, index);
    return { requestPut: { key: base64(`/registry/crd.antrea.io/ipallocations/${name}`), value: base64(object) } };
  });
  // etcd takes at most 128 in one transaction.
  for (let first = 0; first < puts.length; first += 128) {
    const body = JSON.stringify({ success: puts.slice(first, first + 128) });
    const answer = await fetch(`${cluster.etcdServer}/v3/kv/txn`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`etcd answered ${answer.status}: ${await answer.text()}`);
  }
  const last = allocationOf(filling, hosts.length - 1).name;
  const isSeen = async (): Promise<boolean> =>
    (await cluster.admin.get(`${allocationPath}/${last}?resourceVersion=0`)).status === 200;
  await until(isSeen, { what: `pool ${pool} filled`, timeoutMs: 60_000 });
}

/** How many addresses anybody holds on this Node: none when everything is released. */
export async function countHeldBy(cluster: Cluster, node: string): Promise<number> {
  return (await cluster.admin.list(`${allocationPath}?fieldSelector=spec.owner.pod.node%3D${node}`)).length;
}

function allocationOf(filling: Filling, index: number): { readonly name: string; readonly object: string } {
  const { pool, poolUID, second, hosts, podUID, node = 'filler' } = filling;
  const address = addressOf(second, hosts[index] ?? 0);
  const name = `${pool}.${address}`;
  const identity = { namespace: 'bench', name: `filler-${index}`, uid: podUID?.(index) ?? randomUUID() };
  const pod = { ...identity, containerID: `filler-${index}`, ifName: 'net1', node };
  const spec = { pool, poolUID, address, phase: 'Allocated', owner: { network: 'filler', pod } };
  const metadata = { name, uid: randomUUID(), generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { name, object: JSON.stringify({ apiVersion: group, kind: 'IPAllocation', metadata, spec }) };
}

function addressOf(second: number, host: number): string {
  return `10.${second}.${host >> 8}.${host & 255}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
