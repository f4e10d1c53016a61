export const overview = `A pool (IPPool) says which addresses the Pods of a VLAN get. A network's configuration names its
pools in ipam.ippools. Pools live in files of a Node, or in a cluster, beside the addresses that
are held.`;

export const applyExamples = `
Examples:
  antrea ippool apply -f pools.yaml
  antrea ippool apply -f pools.yaml --context lab    # pools of a cluster, with the rights of that user
  kubectl get ippools -o json | antrea ippool apply -f -
  antrea ippool apply -f - <<END
  apiVersion: crd.antrea.io/v1beta1
  kind: IPPool
  metadata:
    name: vlan100
  spec:
    ipRanges:                  # in the order of preference; ranges can be added later, not removed
    - cidr: 10.10.1.0/26
    - start: 10.10.1.100
      end: 10.10.1.150
    excludes:                  # never given to a Pod: an address, a CIDR or a range
    - 10.10.1.10-10.10.1.19
    subnetInfo:
      gateway: 10.10.1.1
      prefixLength: 24
      vlan: 100                # 0 or absent: untagged
  END`;

export const getExamples = `
Examples:
  antrea ippool get
  antrea ippool get vlan100 -o yaml
  antrea ippool get vlan100 --addresses         # who holds what: for an address that nobody gave back
  antrea ippool get -o json | jq '.items[].status.usage'`;

export const deleteExamples = `
Example:
  antrea ippool delete vlan100`;
