import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, parseJson } from '../../test/fixture/json.ts';
import { startAgentProcess, type AgentProcess } from '../../test/ipam/by-agent/cluster/processes.ts';
import type { Contender } from '../contenders.ts';
import { fromPool } from './contenders.ts';
import { costOf, type Cost } from './process-cost.ts';
import { nodeName, type ClusterStage } from './stage.ts';

export const byAgent = 'antrea (vlan, agent’s socket)';

/** `antrea agent` of the bench's Node, whose socket the plugin uses; the plugin's CPU is not all that an ADD costs then. */
export interface BenchAgent {
  readonly contender: Contender;
  /** Of a call of the plugin that knows the agent. */
  readonly env: Readonly<Record<string, string>>;
  /** So far. */
  readonly cost: () => Cost;
  readonly stop: () => Promise<void>;
}

export async function startBenchAgent(stage: ClusterStage): Promise<BenchAgent> {
  const nodeFile = join(stage.node.dir, 'agent-node.json');
  const agent = await startAgentProcess(stage.cluster, nodeName, { nodeFile, netns: stage.node.netns });
  writeNodeFile(nodeFile, stage, agent);
  const env = { ANTREA_NODE_CONFIG: nodeFile };
  const contender = { ...fromPool(stage, 'bench'), name: byAgent, env };
  return { contender, env, cost: () => costOf(agent.daemon.pid() ?? 0), stop: agent.stop };
}

/** That of the stage, and the socket. */
function writeNodeFile(path: string, { node }: ClusterStage, { socket }: AgentProcess): void {
  const content = parseJson(readFileSync(node.env['ANTREA_NODE_CONFIG'] ?? '', 'utf8'));
  writeFileSync(path, JSON.stringify({ ...(isObject(content) ? content : {}), agentSocket: socket }));
}
