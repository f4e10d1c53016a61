/**
 * `accept` of a request of which only the metadata of the object is used: what else a tenant has written is not sent. Who
 * does not know the form sends the whole object, which has the same metadata.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
 */
export const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
