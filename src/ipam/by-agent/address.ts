import { parseAddress, type Address } from '../address.ts';

/** As requests and answers over the agent's socket have it. */
export function readAddress(value: unknown): Address | undefined {
  return typeof value === 'string' ? parseAddress(value) : undefined;
}
