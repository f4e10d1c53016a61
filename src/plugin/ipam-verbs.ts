import type { Verbs } from '../cni/dispatch.ts';
import type { CniResult } from '../cni/result.ts';
import { Failure } from '../system/failure.ts';
import { tidily } from './begun.ts';
import type { Context } from './context.ts';
import { exclusively } from './exclusive.ts';
import { del } from './del.ts';
import { gc } from './gc.ts';
import { ipamSource } from './ipam-source.ts';
import { journalled } from './journalled.ts';
import { releaseOrLeave } from './left-to-agent.ts';
import { forget, ownEntry } from './own-entry.ts';
import { readPoolsAhead } from './read-ahead.ts';
import { readyOrNot, tryToWrite } from './status.ts';
import { settleIfPossible } from './unsettled.ts';

/** The plugin as the IPAM plugin of another one: addresses only (CNI spec 1.1.0, section 4). */
export function ipamVerbs(context: Context): Verbs {
  const { request } = context.call;
  const ipam = ipamSource(context);
  return {
    add: () =>
      tidily(context, async () => {
        await readPoolsAhead(context);
        return exclusively(context, request, () => addAddresses(context));
      }),
    del: async () => {
      await (isWired(context) ? del(context) : exclusively(context, request, () => deleteAddresses(context)));
      await settleIfPossible(context);
    },
    check: () => ipam.check(reportedAddresses(context)),
    gc: () => gc(context, { wiring: false }),
    status: () =>
      readyOrNot(async () => {
        await ipam.status();
        tryToWrite(context);
      }),
  };
}

async function addAddresses(context: Context): Promise<CniResult> {
  const attempt = { context, label: '', hostInterface: '', ipam: ipamSource(context) };
  const [assigned] = await journalled([attempt], (assign) => assign());
  const { ips = [], routes = [], dns = {} } = assigned?.assignment ?? {};
  return { interfaces: [], ips, routes, dns };
}

/** The network's type was ours when this was attached, so there is more than addresses, and nobody else takes it away. */
function isWired(context: Context): boolean {
  const entry = ownEntry(context, context.call.request);
  return entry !== undefined && entry.hostInterface !== '';
}

async function deleteAddresses(context: Context): Promise<void> {
  const { request, config } = context.call;
  const addresses = config.prevResult?.ips.map(({ address }) => address.split('/')[0] ?? '') ?? [];
  const entry = ownEntry(context, request);
  const isLeft = await releaseOrLeave(context, entry, () => ipamSource(context).del({ entry, addresses }));
  if (!isLeft) forget(context, request);
}

function reportedAddresses({ call: { config } }: Context): readonly string[] {
  if (config.prevResult === undefined)
    throw new Failure('config', 'the key prevResult is missing: CHECK compares with the result of ADD');
  return config.prevResult.ips.map(({ address }) => address);
}
