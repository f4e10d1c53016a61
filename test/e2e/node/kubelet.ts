import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Capsule, CapsuleDaemon } from './capsule.ts';

export interface KubeletOptions {
  /** Folder of the executable. */
  readonly tools: string;
  readonly dir: string;
  readonly nodeName: string;
  /** An address of the Node. */
  readonly nodeIP: string;
  /** Where the Node finds the API server. */
  readonly server: string;
  /** Of all Pods. */
  readonly cgroup: string;
}

/** A kubelet with the rights and the limits of any other one. */
export async function startKubelet(
  capsule: Capsule,
  cluster: Pick<Cluster, 'authority' | 'kubeconfig'>,
  options: KubeletOptions,
): Promise<CapsuleDaemon> {
  const { tools, dir, nodeName, nodeIP, server, cgroup } = options;
  const subject = `/O=system:nodes/CN=system:node:${nodeName}`;
  const clientCertificate = await cluster.authority.issue({ name: `kubelet-${nodeName}`, subject });
  const kubeconfig = cluster.kubeconfig({ clientCertificate }, { server });
  const config = join(dir, 'kubelet.json');
  writeFileSync(config, JSON.stringify({ ...settings, cgroupRoot: cgroup }));
  return capsule.start({
    argv: [
      join(tools, 'kubelet'),
      `--config=${config}`,
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${nodeName}`,
      `--node-ip=${nodeIP}`,
    ],
    log: 'kubelet.log',
  });
}

const settings = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: { anonymous: { enabled: false }, webhook: { enabled: false }, x509: {} },
  authorization: { mode: 'AlwaysAllow' },
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  cgroupDriver: 'cgroupfs',
  failCgroupV1: false,
  failSwapOn: false,
  enforceNodeAllocatable: [],
  makeIPTablesUtilChains: false,
  maxPods: 250,
  // Of this machine, which has other things to do: neither its memory nor its disk is to end Pods here.
  evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%' },
  imageGCHighThresholdPercent: 100,
  // Root may not lower it everywhere.
  oomScoreAdj: 0,
  resolvConf: '',
} as const;
