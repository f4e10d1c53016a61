import { isJsonObject, type JsonObject } from '../../system/json-object.ts';

/**
 * Of `status.conditions`: what another controller has written there is IPAllocations by now, or there was nothing. A
 * pool that never had foreign addresses gets it with the controller's first projection.
 */
export const adoptedCondition = 'Adopted';

/**
 * Who holds addresses of a pool by the word of another controller, which counts until antrea controller has made an
 * IPAllocation of each.
 * @param status of an IPPool
 * @returns entries of `status.ipAddresses`, whatever they are
 */
export function awaitingAdoption({ ipAddresses, conditions }: JsonObject): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const isAdopted = list.some(
    (one) => isJsonObject(one) && one['type'] === adoptedCondition && one['status'] === 'True',
  );
  return isAdopted || !Array.isArray(ipAddresses) ? [] : ipAddresses;
}
