import fs from 'node:fs';
import { withOwnKeys, writeNodeFile } from '../install/node-file.ts';
import { nodeFolder, readRecord } from '../install/record.ts';
import { readNodeFile } from '../../config/node-file.ts';

/**
 * Tells the plugin of the agent's socket, where `antrea install` has installed the plugin for this Node, and nobody has
 * named another one.
 * @returns whether there was something to do
 * @throws Failure when the Node file is not valid, or cannot be written
 */
export function noteSocket(
  nodeFile: string,
  { socket, nodeName }: { readonly socket: string; readonly nodeName: string },
): boolean {
  if (readRecord(nodeFolder(nodeFile).record)?.current?.nodeName !== nodeName) return false;
  const { store } = readNodeFile({ read: (path) => fs.readFileSync(path) }, nodeFile);
  if (store.kind === 'file' || store.agentSocket !== undefined) return false;
  writeNodeFile(nodeFile, withOwnKeys(nodeFile, { agentSocket: socket }));
  return true;
}
