import { PluginError } from '../cni/errors.ts';
import { Failure, messageOf, systemCode } from '../system/failure.ts';

/** A network as a message names it. */
export interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** Runs `work`; of a Pod's several networks, its failure says which one it is about. An empty name is no name. */
export async function naming<T>(network: Named | string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw named(error, typeof network === 'string' ? network : `${network.namespace}/${network.name}`);
  }
}

export function named(error: unknown, network: string): unknown {
  if (network === '') return error;
  if (error instanceof PluginError) return new PluginError(`network ${network}`, error.object);
  if (error instanceof Failure) {
    const { kind, message, details, cause } = error;
    return new Failure(kind, `network ${network}: ${message}`, { cause, ...(details !== undefined && { details }) });
  }
  // Such as a full disk; anything else is a defect, and told as it is.
  if (systemCode(error) === undefined) return error;
  return new Failure('io', `network ${network}: ${messageOf(error)}`, { cause: error });
}
