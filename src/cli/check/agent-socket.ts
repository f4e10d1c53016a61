import { openExchange } from '../../agent-protocol/exchange.ts';
import { messageOf } from '../../system/failure.ts';
import { ok, warn, type Finding } from '../../system/finding.ts';

const name = 'agent';

/** Whether the plugin gets addresses by way of this Node's agent. Without it Pods start as well, at a higher price. */
export async function checkAgentSocket(socket: string | undefined, nodeName: string): Promise<Finding> {
  if (socket === undefined)
    return ok(name, 'the Node file names no agentSocket: the plugin asks the API server itself');
  const exchange = openExchange(socket);
  try {
    const { node, ready } = await exchange.ask({ op: 'hello' }, 2000);
    if (node !== nodeName) {
      const told = `${socket} is that of Node ${String(node)}, and this is ${nodeName}`;
      return warn(name, `${told}: the plugin asks the API server itself`, 'let nodeName be the same for both');
    }
    if (ready === true) return ok(name, `serves addresses at ${socket}`);
    return warn(name, `${socket} answers, but knows no pools yet`, 'what it says about the API server: its log');
  } catch (error) {
    const advice = 'start it: antrea agent; or take agentSocket out of the Node file';
    return warn(
      name,
      `nobody answers at ${socket} (${messageOf(error)}): the plugin asks the API server itself`,
      advice,
    );
  } finally {
    exchange.close();
  }
}
