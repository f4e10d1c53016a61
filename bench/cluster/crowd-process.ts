import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Cluster } from '../../test/cluster/cluster.ts';
import { isObject, parseJson, type JsonObject } from '../../test/fixture/json.ts';

/** Agents of many Nodes, each with watches of its own, in one process (crowd-agents.ts). */
export interface CrowdProcess {
  readonly pid: number;
  readonly ask: (question: object) => Promise<JsonObject>;
  readonly stop: () => Promise<void>;
}

/** Ready when all have listed what they watch. */
export async function startCrowd(cluster: Cluster, count: number): Promise<CrowdProcess> {
  const kubeconfig = cluster.kubeconfig({ token: cluster.adminToken });
  const argv = [join(import.meta.dirname, 'crowd-agents.ts'), kubeconfig, String(count)];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<JsonObject> => {
    const { value, done } = await lines.next();
    const answer = done === true ? undefined : parseJson(value);
    if (!isObject(answer)) throw new Error('the agents have ended; their message is above');
    return answer;
  };
  await next();
  return {
    pid: child.pid ?? 0,
    ask: async (question) => {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return next();
    },
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
