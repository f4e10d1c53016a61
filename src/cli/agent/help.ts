export const overview = `Keeps the secondary network of this Node as antrea-agent.conf describes it, until it is told to
stop. It
- makes the secondary bridge, or adopts one of that name, and connects its physical interfaces;
- moves the addresses of a single physical interface to the bridge, and back when it ends; if the
  API server does not answer by way of the bridge, it puts back what was before, even if it was
  killed;
- deletes the bridge, or replaces it, when no Pod is attached to it any more;
- puts right ports of Pods that Open vSwitch has lost, or that somebody has changed;
- with install: {} in the file, installs the plugin on this Node, as antrea install does;
- follows the file, and AntreaNodeConfig objects where the file describes no bridge.

Pods that are attached go on without it. The interface by which this Node and the API server reach
each other is never taken, unless it is the single one and allowManagementInterface says so.
It has to run as root, in the Node's own network namespace. Logs are JSON lines on stderr.
SIGTERM ends it, with 0.`;

export const examples = `
antrea-agent.conf (docs/configuration.md has every key):
  featureGates: {AntreaIPAM: true, SecondaryNetwork: true}
  secondaryNetwork:
    ovsBridges:
      - bridgeName: br-secondary
        physicalInterfaces: [eth1]

Examples:
  antrea agent --config /etc/antrea/antrea-agent.conf
  antrea agent --kubeconfig /etc/antrea/kubeconfig --listen 127.0.0.1:10351
  curl -s 127.0.0.1:10351/readyz                # what is missing, if anything
  curl -s 127.0.0.1:10351/metrics | grep ^antrea_agent_
  kubectl get anc                               # AntreaNodeConfig objects`;
