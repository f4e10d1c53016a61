import { accepted, type Api } from '../../cluster/api.ts';
import { makePod, metadataOf, uidOf, type PodOptions } from '../../cluster/objects.ts';
import { allocation } from '../../cluster/allocations.ts';
import { allocationPath, makePool, pool } from '../../cluster/pools.ts';
import type { JsonObject } from '../../fixture/json.ts';
import { uniqueName } from '../../fixture/unique.ts';

/** A pool, and addresses of it that Pods hold: as plugins would have written them. */
export interface Addresses {
  readonly pool: string;
  readonly poolPath: string;
  /** Returns what tells whether it is still held. */
  readonly hold: (owner: Owner) => Promise<Held>;
  /** A Pod on this Node, and an address of it. */
  readonly runPod: (options: Partial<PodOptions> & { readonly node: string }) => Promise<Held & { pod: JsonObject }>;
}

export interface Owner {
  readonly name: string;
  /** Empty: an owner that is no Pod. */
  readonly uid: string;
  /** Empty: not known. */
  readonly node: string;
  readonly phase?: string;
}

export interface Held {
  readonly path: string;
  readonly object: JsonObject;
  readonly isHeld: () => Promise<boolean>;
}

export async function makeAddresses(admin: Api): Promise<Addresses> {
  const { path, object } = await makePool(
    admin,
    pool({ ranges: ['192.168.0.0/16'], gateway: '192.168.0.1', prefixLength: 16 }),
  );
  const name = metadataOf(object, 'name');
  let count = 9;
  const hold = async ({ name: pod, uid, node, phase }: Owner): Promise<Held> => {
    count += 1;
    const address = `192.168.${count >> 8}.${count & 255}`;
    const plain = allocation({ pool: name, address, ...(phase !== undefined && { phase }) });
    const known = Object.entries({ namespace: 'default', name: pod, uid, node }).filter(([, value]) => value !== '');
    const owner = {
      network: 'vlan100',
      pod: { ...Object.fromEntries(known), containerID: `c${count}`, ifName: 'net1' },
    };
    const body = { ...plain, spec: { ...plain.spec, poolUID: uidOf(object), owner } };
    const held = accepted(await admin.post(allocationPath, body));
    const own = `${allocationPath}/${name}.${address}`;
    const isHeld = async (): Promise<boolean> => (await admin.get(own)).status === 200;
    return { path: own, object: held, isHeld };
  };
  return {
    pool: name,
    poolPath: path,
    hold,
    async runPod(options) {
      const pod = await makePod(admin, { namespace: 'default', name: uniqueName('web-'), ...options });
      return { pod, ...(await hold({ name: metadataOf(pod, 'name'), uid: uidOf(pod), node: options.node })) };
    },
  };
}
