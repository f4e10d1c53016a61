import fs from 'node:fs';

export const defaultNodeFile = '/etc/cni/net.d/antrea.d/node.json';

/** @param named the value of ANTREA_NODE_CONFIG */
export function nodeFilePath(named: string | undefined): string {
  return named === undefined || named === '' ? defaultNodeFile : named;
}

/** What a call will need: addresses in files, those of a cluster, with or without the agent, or all networks of a Pod. */
export type Use = 'file' | 'cluster' | 'agent' | 'native';

/** A guess, before anything is known for certain: V8's cache of what other calls need as well costs a start 2 ms. */
export function likelyUse(env: Readonly<Record<string, string | undefined>>): Use {
  const text = readNodeFile(env['ANTREA_NODE_CONFIG']);
  if (!text.includes('"kubeconfig"')) return 'file';
  // Together with the Pod network, whose interface has that name nearly everywhere.
  if (env['CNI_IFNAME'] === 'eth0') return 'native';
  return text.includes('"agentSocket"') ? 'agent' : 'cluster';
}

function readNodeFile(named: string | undefined): string {
  try {
    return fs.readFileSync(nodeFilePath(named), 'latin1');
  } catch {
    return '';
  }
}
