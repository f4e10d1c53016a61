/**
 * Of the Pod in the API. Whoever may write an IPAllocation, or the status of a pool, chooses the names in there: one such
 * as `..` would be another path, whose answers say nothing of Pods.
 * @returns undefined for what is no name of a Pod: there is none
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
export function podPath({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}): string | undefined {
  if (!possibleName.test(namespace) || !possibleName.test(name)) return undefined;
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

const possibleName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
