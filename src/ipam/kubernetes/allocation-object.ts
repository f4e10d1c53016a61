import { Failure, messageOf } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { formatAddress, parseAddress, type Address } from '../address.ts';
import { fieldOf, isAbsent, malformed, textOf, type Field } from '../manifest.ts';
import type { Pool } from '../pool.ts';
import type { Allocation, Owner } from '../store.ts';
import { allocationName } from './paths.ts';

/** Which call of create() has made an object: an answer that was lost is told from an earlier ADD's by it. */
const attemptKey = 'antrea-cni/attempt';

export interface AllocationObject {
  readonly allocation: Allocation;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly attempt: string | undefined;
}

/** An IPAllocation to be created. */
export function encodeAllocation(
  { name: pool, uid: poolUID }: Pool,
  { address, owner, attempt }: { readonly address: Address; readonly owner: Owner; readonly attempt: string },
): object {
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPAllocation',
    metadata: { name: allocationName(pool, address), annotations: { [attemptKey]: attempt } },
    spec: encodeSpec({ pool, poolUID, address, phase: 'Allocated', owner }),
  };
}

/** One that exists, as readAllocationObject() reads it. */
export function encodeStored(allocation: Allocation): object {
  const { pool, address } = allocation;
  return {
    metadata: { name: allocationName(pool, address), ...splitVersion(allocation) },
    spec: encodeSpec(allocation),
  };
}

/** Facts that are not known are left out. */
function encodeSpec({ pool, poolUID, address, phase, owner }: Omit<Allocation, 'version'>): object {
  const pod = Object.fromEntries(Object.entries(owner.pod).filter(([, value]) => value !== ''));
  return { pool, poolUID, address: formatAddress(address), phase, owner: { network: owner.network, pod } };
}

/** @throws Failure `ipam` when the object is not one that we could have made */
export function readAllocationObject(object: JsonObject): AllocationObject {
  const root: Field = { path: '', value: object };
  try {
    return read(root);
  } catch (cause) {
    throw new Failure('ipam', `the stored IPAllocation ${nameOf(object)} is not valid: ${messageOf(cause)}`, { cause });
  }
}

/** What tells this very allocation from any other: what the API server compares before it deletes. */
export function splitVersion({ version }: Allocation): { readonly uid: string; readonly resourceVersion: string } {
  const [uid = '', resourceVersion = ''] = version.split('/');
  return { uid, resourceVersion };
}

function read(root: Field): AllocationObject {
  const metadata = fieldOf(root, 'metadata');
  const uid = textOf(fieldOf(metadata, 'uid'), 'a UID');
  const resourceVersion = textOf(fieldOf(metadata, 'resourceVersion'), 'a version');
  const annotations = fieldOf(metadata, 'annotations');
  const attempt = isAbsent(annotations) ? undefined : fieldOf(annotations, attemptKey).value;
  const spec = fieldOf(root, 'spec');
  const allocation: Allocation = {
    pool: textOf(fieldOf(spec, 'pool'), 'a pool name'),
    poolUID: optionalText(spec, 'poolUID'),
    address: addressOf(fieldOf(spec, 'address')),
    phase: phaseOf(fieldOf(spec, 'phase')),
    owner: ownerOf(fieldOf(spec, 'owner')),
    version: `${uid}/${resourceVersion}`,
  };
  refuseOtherName(fieldOf(metadata, 'name'), allocation);
  return { allocation, uid, resourceVersion, attempt: typeof attempt === 'string' ? attempt : undefined };
}

function refuseOtherName(name: Field, { pool, address }: Allocation): void {
  const expected = allocationName(pool, address);
  if (name.value !== expected) throw malformed(name, JSON.stringify(expected));
}

function addressOf(field: Field): Address {
  const address = parseAddress(textOf(field, 'an IP address'));
  if (address === undefined) throw malformed(field, 'an IP address');
  return address;
}

function phaseOf(field: Field): Allocation['phase'] {
  if (field.value === 'Reserved') return 'Reserved';
  if (field.value === 'Allocated') return 'Allocated';
  throw malformed(field, '"Allocated" or "Reserved"');
}

function ownerOf(owner: Field): Owner {
  const pod = isAbsent(fieldOf(owner, 'pod')) ? { path: `${owner.path}.pod`, value: {} } : fieldOf(owner, 'pod');
  return {
    network: optionalText(owner, 'network'),
    pod: {
      namespace: optionalText(pod, 'namespace'),
      name: optionalText(pod, 'name'),
      uid: optionalText(pod, 'uid'),
      containerID: optionalText(pod, 'containerID'),
      ifName: optionalText(pod, 'ifName'),
      node: optionalText(pod, 'node'),
    },
  };
}

function optionalText(parent: Field, key: string): string {
  const field = fieldOf(parent, key);
  return isAbsent(field) ? '' : textOf(field, 'a string');
}

function nameOf({ metadata }: JsonObject): string {
  const name: unknown = typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'name') : undefined;
  return typeof name === 'string' ? name : '(without a name)';
}
