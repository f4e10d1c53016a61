import { address as parse } from '../ipam/sample.ts';
import { formatAddressForName } from '../../src/ipam/address.ts';
import { accepted, type Api } from '../cluster/api.ts';
import { allocation } from '../cluster/allocations.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { startDeployedCluster } from '../cluster/deployed.ts';
import { makeNode, makeRoleToken, metadataOf } from '../cluster/objects.ts';
import { allocationPath, makePool, pool, poolPath, type PoolSpecOptions } from '../cluster/pools.ts';
import { isObject, objectsIn, textAt, type JsonObject } from '../fixture/json.ts';
import { until } from '../fixture/until.ts';

/** A cluster, with what deploy/ grants to the controller. */
export interface ControllerBed {
  readonly cluster: Cluster;
  readonly admin: Api;
  /** Path of a kubeconfig with the controller's rights, and no more. */
  readonly kubeconfig: string;
}

export async function startControllerBed(): Promise<ControllerBed> {
  const cluster = await startDeployedCluster();
  try {
    const { admin } = cluster;
    await makeNode(admin, 'node-1');
    const token = await makeRoleToken(admin, 'controller', 'node-1');
    return { cluster, admin, kubeconfig: cluster.kubeconfig({ token }) };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** The name of an IPPool that exists now; if nothing else is said, on a VLAN of its own. */
export async function newPool(admin: Api, options: PoolSpecOptions): Promise<string> {
  vlan += 1;
  return metadataOf((await makePool(admin, pool({ vlan, ...options }))).object, 'name');
}

let vlan = 100;

/** As a plugin on node-1 does it. */
export async function hold(admin: Api, name: string, ...addresses: readonly string[]): Promise<void> {
  for (const address of addresses)
    accepted(await admin.post(allocationPath, allocation({ pool: name, address, node: 'node-1' })));
}

export async function release(admin: Api, name: string, ...addresses: readonly string[]): Promise<void> {
  for (const address of addresses)
    accepted(await admin.remove(`${allocationPath}/${name}.${formatAddressForName(parse(address))}`));
}

export async function statusOf(admin: Api, name: string): Promise<JsonObject> {
  const { status } = accepted(await admin.get(`${poolPath('v1beta1')}/${name}`));
  return isObject(status) ? status : {};
}

/** The status, when it is as `is` wants it. */
export async function untilStatus(admin: Api, name: string, is: (status: JsonObject) => boolean): Promise<JsonObject> {
  let seen: JsonObject = {};
  try {
    return await until(
      async () => {
        seen = await statusOf(admin, name);
        return is(seen) ? seen : undefined;
      },
      { what: '', everyMs: 20 },
    );
  } catch (cause) {
    throw new Error(`the status of ${name} does not become as expected: ${JSON.stringify(seen)}`, { cause });
  }
}

export async function untilUsed(admin: Api, name: string, used: number): Promise<JsonObject> {
  return untilStatus(admin, name, ({ usage }) => isObject(usage) && usage['used'] === used);
}

/** `True`, `False`, or undefined while there is none. */
export function conditionOf(status: JsonObject, type: string): string | undefined {
  const condition = objectsIn(status['conditions']).find((one) => one['type'] === type);
  return condition && textAt(condition, 'status');
}
