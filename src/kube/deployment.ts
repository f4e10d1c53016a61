/**
 * What the cluster has to have, for a person to type. Not all of deploy/: who has Multus has the definition of networks
 * from there.
 */
export const applyDeployment = 'kubectl apply -f deploy/crds.yaml -f deploy/rbac.yaml -f deploy/policies.yaml';
