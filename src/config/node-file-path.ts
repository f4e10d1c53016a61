import fs from 'node:fs';

export const defaultNodeFile = '/etc/cni/net.d/antrea.d/node.json';

/** @param named the value of ANTREA_NODE_CONFIG */
export function nodeFilePath(named: string | undefined): string {
  return named === undefined || named === '' ? defaultNodeFile : named;
}

/** Before anything is known for certain: V8's cache of what the other store needs as well costs a start 2 ms. */
export function likelyStore(named: string | undefined): 'file' | 'cluster' {
  try {
    return fs.readFileSync(nodeFilePath(named), 'latin1').includes('"kubeconfig"') ? 'cluster' : 'file';
  } catch {
    return 'file';
  }
}
