export const overview = `Installs the plugin on this Node, and says what it did. It
- tests first whether the host has what the plugin needs;
- copies this executable to where the container runtime looks for plugins, even while it runs;
- asks the API server for a token of the ServiceAccount antrea-cni/plugin, bound to this Node, and
  writes it, a kubeconfig, and our keys of the Node file;
- with --mode native: asks the plugin whether it is ready, and gives it its place after the
  primary network, in 00-antrea-cni.conflist, made of the first configuration in --cni-conf-dir:
  then Pods have all networks of their annotation before they start, without Multus.

It can be run again at any time: what is there already stays, what is missing is added. The token
ends after --token-lifetime: --watch keeps it, and the conflist, up to date until SIGTERM.
Who asks for it: --kubeconfig, $KUBECONFIG, the Pod's ServiceAccount, or ~/.kube/config.

--uninstall takes away what was installed, and nothing else, the executable last. Pods that run
keep their interfaces, and nobody detaches them any more: so drain the Node first.`;

export const examples = `
Examples:
  antrea install --dry-run
  antrea install --kubeconfig /etc/kubernetes/admin.conf --node-name node-1
  antrea install --mode multus
  antrea install --cni-conf-dir /etc/kubernetes/cni/net.d --cni-bin-dir /var/lib/cni/bin
  antrea install --watch
  antrea install --uninstall`;
