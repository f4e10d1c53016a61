export const overview = `Secondary networks for Pods: interfaces on VLANs of Open vSwitch, with addresses from pools.

This one executable is called in two ways:
  by a container runtime, or Multus, which sets CNI_COMMAND: then it is the CNI plugin, and reads a
  network's configuration from standard input. Install it as /opt/cni/bin/antrea.
  by a person, or a script: then it is this command line, for the pools that the plugin takes addresses from.`;

export const workflow = `
From nothing to an attached Pod:
  ovs-vsctl add-br br-secondary                         # and a port to the physical network: ovs-vsctl add-port br-secondary eth1
  antrea check                                          # is this Node ready? says what to do about what is not
  antrea ippool apply -f pools.yaml                     # see antrea ippool apply --help for what is in there
  cat >/etc/cni/net.d/vlan100.conflist <<END            # or the config of a NetworkAttachmentDefinition
  {"cniVersion": "1.1.0", "name": "vlan100", "plugins": [
    {"type": "antrea", "networkType": "vlan", "vlan": 100, "ipam": {"type": "antrea", "ippools": ["vlan100"]}}]}
  END
  antrea ippool get --addresses                         # who holds what

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused because it would do harm.`;
