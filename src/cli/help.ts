export const overview = `Secondary networks for Pods: interfaces on VLANs of Open vSwitch, with addresses from pools.

This one executable is called in two ways:
  by a container runtime, or Multus, which sets CNI_COMMAND: then it is the CNI plugin, and reads
  a network's configuration from standard input. It has to be in /opt/cni/bin, as antrea.
  by a person, or a script: then it is this command line, which checks a Node, keeps the pools
  that the plugin takes addresses from, and says why a Pod has none.`;

export const workflow = `
From nothing to an attached network namespace:
  cp antrea /opt/cni/bin/
  ovs-vsctl add-br br-secondary -- add-port br-secondary eth1   # eth1: to the physical network
  antrea check                                                  # is this Node ready? if not: what to do
  antrea ippool apply -f pools.yaml                             # antrea ippool apply --help shows a pool
  mkdir networks && cat >networks/vlan100.conflist <<END        # for Pods: a NetworkAttachmentDefinition
  {"cniVersion": "1.1.0", "name": "vlan100", "plugins": [{
    "type": "antrea", "networkType": "vlan", "vlan": 100,
    "ipam": {"type": "antrea", "ippools": ["vlan100"]}}]}
  END
  ip netns add pod1
  CNI_PATH=/opt/cni/bin NETCONFPATH=networks cnitool add vlan100 /run/netns/pod1
  antrea ippool get --addresses                                 # who holds what

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused because it would do harm.`;
