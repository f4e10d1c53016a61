export const overview = `Keeps what a cluster says of its pools true, until it is told to stop. It
- writes the status of each IPPool: how many addresses are held, which are free, and conditions,
  with Events: Exhausted, NearlyFull, Overlaps, OutOfRange, Invalid;
- frees addresses of Pods that are gone from the API and that no DEL gave back, and of lost Nodes;
- takes over, once, addresses that another controller wrote in status.ipAddresses of a pool;
- keeps a pool that is deleted until no address of it is held.

Pods start without it: the plugin allocates by itself. Of several controllers one works, which holds
the Lease "controller" in the namespace antrea-cni; the others wait. Logs are JSON lines on stderr.
SIGTERM ends it: it gives the Lease back, and exits with 0.`;

export const examples = `
Examples:
  antrea controller                             # in a Pod with the ServiceAccount antrea-cni/controller
  antrea controller --kubeconfig ~/.kube/config --listen 127.0.0.1:10350
  curl -s 127.0.0.1:10350/metrics | grep ^antrea_
  kubectl get ippools -o wide
  kubectl get events -n default --field-selector involvedObject.kind=IPPool`;
