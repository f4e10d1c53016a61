import { join } from 'node:path';
import type { Cluster } from '../../cluster/cluster.ts';
import { startDaemon } from '../../fixture/daemon.ts';
import { createResources } from '../../fixture/resources.ts';

/** What runs beside the API server, with the rights of an administrator. */
export interface ControlPlane {
  readonly stop: () => Promise<void>;
}

/** Quick enough that it is not they who are measured. */
const limits = ['--kube-api-qps=500', '--kube-api-burst=500'];

const common = ['--leader-elect=false', '--secure-port=0'];

const controllers = [
  'deployment-controller',
  'replicaset-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'garbage-collector-controller',
  'node-lifecycle-controller',
  'pod-garbage-collector-controller',
];

/** The scheduler, and the controllers that Deployments, Namespaces and a Node need. */
export function startControlPlane(cluster: Cluster, tools: string): ControlPlane {
  const resources = createResources();
  const kubeconfig = `--kubeconfig=${cluster.kubeconfig({ token: cluster.adminToken })}`;
  const start = (program: string, args: readonly string[]): void => {
    const argv = [join(tools, program), kubeconfig, ...common, ...limits, ...args];
    resources.defer(startDaemon({ argv, outputFile: join(cluster.dir, `${program}.out`) }).kill);
  };
  start('kube-scheduler', []);
  start('kube-controller-manager', [`--controllers=${controllers.join(',')}`]);
  return { stop: resources.release };
}
