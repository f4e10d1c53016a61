import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, parseJson } from '../../test/fixture/json.ts';
import { startAgentProcess, type AgentProcess } from '../../test/ipam/agent/cluster/processes.ts';
import type { Contender } from '../contenders.ts';
import { fromPool } from './contenders.ts';
import { costOf, type Cost } from './process-cost.ts';
import { nodeName, type ClusterStage } from './stage.ts';

export const byAgent = 'antrea (vlan, agent’s socket)';

/** `antrea agent` of the bench's Node, whose socket the plugin uses; the plugin's CPU is not all that an ADD costs then. */
export interface BenchAgent {
  readonly contender: Contender;
  /** So far. */
  readonly cost: () => Cost;
  readonly stop: () => Promise<void>;
}

export async function startBenchAgent(stage: ClusterStage): Promise<BenchAgent> {
  const agent = await startAgentProcess(stage.cluster, nodeName);
  const contender = { ...fromPool(stage, 'bench'), name: byAgent, env: { ANTREA_NODE_CONFIG: nodeFile(stage, agent) } };
  return { contender, cost: () => costOf(agent.daemon.pid() ?? 0), stop: agent.stop };
}

/** That of the stage, and the socket. */
function nodeFile({ node }: ClusterStage, { socket }: AgentProcess): string {
  const content = parseJson(readFileSync(node.env['ANTREA_NODE_CONFIG'] ?? '', 'utf8'));
  const path = join(node.dir, 'agent-node.json');
  writeFileSync(path, JSON.stringify({ ...(isObject(content) ? content : {}), agentSocket: socket }));
  return path;
}
