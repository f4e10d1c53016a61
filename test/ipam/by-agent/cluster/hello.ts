import { openExchange } from '../../../../src/agent-protocol/exchange.ts';

/** Whether an agent serves there, and knows the pools. */
export async function agentAsks(socket: string): Promise<boolean> {
  const exchange = openExchange(socket);
  try {
    return (await exchange.ask({ op: 'hello' }, 1000))['ready'] === true;
  } catch {
    return false;
  } finally {
    exchange.close();
  }
}
