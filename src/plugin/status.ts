import { PluginError } from '../cni/errors.ts';
import { readVlanNetwork } from '../config/netconf.ts';
import type { Pool } from '../ipam/pool.ts';
import type { Store } from '../ipam/store.ts';
import { portVlans, refuseForeignVlans } from '../net/port-config.ts';
import { Failure } from '../system/failure.ts';
import type { Context } from './context.ts';
import { ipamSource } from './ipam-source.ts';

/**
 * STATUS of a VLAN network: whether an ADD could succeed now.
 * @throws Failure `not-ready` (code 50)
 */
export async function status(context: Context): Promise<void> {
  const { call, settings, ovs } = context;
  const { bridge, vlan, trunk } = readVlanNetwork(call.config.raw, settings);
  await readyOrNot(async () => {
    if (!(await ovs.bridgeExists(bridge))) {
      throw new Failure('not-ready', `Open vSwitch has no bridge ${bridge}`, {
        details: `make it with: ovs-vsctl add-br ${bridge}`,
      });
    }
    const ipam = ipamSource({ ...context, store: readingOnce(context.store) });
    await ipam.status();
    tryToWrite(context);
    const vlans = portVlans({ vlan, trunk, poolVlan: await ipam.vlan() });
    refuseForeignVlans(vlans, { access: settings.allowedVLANs, trunk: settings.allowedTrunks });
  });
}

/** Whether there are the pools, and which VLAN they have, one answer of the store tells. */
function readingOnce(store: Store): Store {
  const pools = new Map<string, Promise<Pool>>();
  return {
    ...store,
    readPool: async (name) => {
      const pool = pools.get(name) ?? store.readPool(name);
      pools.set(name, pool);
      return pool;
    },
  };
}

/** STATUS knows one answer for whatever keeps an ADD from succeeding; an IPAM plugin that knows it too may have said more. */
export async function readyOrNot(look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (cause) {
    if (cause instanceof PluginError && [50, 51].includes(cause.object.code)) throw cause;
    if (!(cause instanceof Failure || cause instanceof PluginError)) throw cause;
    const { details } = cause instanceof PluginError ? cause.object : cause;
    throw new Failure('not-ready', cause.message, { cause, ...(details !== undefined && { details }) });
  }
}

/**
 * An ADD writes before it does anything: on a disk that is full, or read-only since it had an error, each would fail.
 * @throws Failure `io`
 */
export function tryToWrite({ files, settings }: Pick<Context, 'files' | 'settings'>): void {
  const path = `${settings.dataDir}/status`;
  files.replace(path, ' '.repeat(oneBlock));
  files.remove(path);
}

/** Bytes; the journal's entry of an attachment takes no more. */
const oneBlock = 4096;
