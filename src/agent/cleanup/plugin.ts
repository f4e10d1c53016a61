import { basename, dirname } from 'node:path';
import { isSea } from 'node:sea';
import { nodeFilePath } from '../../config/node-file-path.ts';
import { Failure } from '../../system/failure.ts';
import { objectIn } from '../../system/json-object.ts';
import { execAside } from '../exec-aside.ts';
import { nodeFolder, readRecord } from '../install/record.ts';

/** One call of the plugin, as a container runtime would make it. */
export interface PluginCall {
  readonly command: 'DEL' | 'GC';
  /** Of a DEL. */
  readonly containerID?: string;
  readonly ifname?: string;
  /** CNI_ARGS. */
  readonly args?: string;
  /** What the plugin reads from stdin. */
  readonly config: object;
}

/** How the plugin is called on this Node. */
export interface Plugin {
  /** What it is installed as: the `type` of networks that mean us. */
  readonly type: string;
  /** @throws Failure with the plugin's own words when it answers with an error, or not in time */
  readonly call: (call: PluginCall, timeout: number) => Promise<void>;
}

/**
 * The plugin is this very executable. It runs as a process of its own: it waits for locks, Open vSwitch and the store by
 * blocking, and what it holds is told by its process.
 * @param signal ends what is under way: DEL can be ended at any point, and done again
 */
export function installedPlugin(nodeFile: string | undefined, signal: AbortSignal): Plugin {
  const record = readRecord(nodeFolder(nodeFilePath(nodeFile)).record);
  const type = record?.current?.plugin ?? (isSea() ? basename(process.execPath) : 'antrea');
  const folders = [...(record?.executables ?? []).map(dirname), '/opt/cni/bin', dirname(process.execPath)];
  const path = [...new Set(folders)].join(':');
  return {
    type,
    call: async ({ command, containerID = '', ifname = '', args = '', config }, timeout) => {
      const variables = { CNI_COMMAND: command, CNI_CONTAINERID: containerID, CNI_IFNAME: ifname, CNI_ARGS: args };
      const env = {
        ...variables,
        CNI_PATH: path,
        CNI_NETNS: '',
        ...(nodeFile !== undefined && { ANTREA_NODE_CONFIG: nodeFile }),
      };
      await run({ type, env, input: JSON.stringify(config), timeout, signal });
    },
  };
}

interface Run {
  readonly type: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
  readonly timeout: number;
  readonly signal: AbortSignal;
}

async function run({ type: name, env, input, timeout, signal }: Run): Promise<void> {
  if (signal.aborted) throw new Error('the agent ends');
  const program = isSea() ? [] : process.argv.slice(1, 2);
  const { code, stdout, stderr } = await execAside(process.execPath, program, { name, env, input, timeout, signal });
  if (code !== 0) throw refusal(stdout, stderr);
}

function refusal(stdout: string, stderr: string): Failure {
  const { msg, details } = objectIn(stdout);
  if (typeof msg !== 'string') return new Failure('unavailable', `the plugin gave no answer: ${stderr.slice(0, 2000)}`);
  return new Failure('unavailable', msg, typeof details === 'string' ? { details } : {});
}
