import { announce } from '../src/agent-protocol/announcement.ts';
import { likelyUse } from '../src/config/node-file-path.ts';
import { isSingleFile, loadCommandLine, loadPlugin } from '../src/system/chunk.ts';
import { becomeOrdinary } from '../src/system/ordinary-node.ts';

// A runtime says what it wants in CNI_COMMAND, even if it is empty; a person does not set it.
if (process.env['CNI_COMMAND'] === undefined) {
  runCommandLine().catch(reveal);
} else {
  runPlugin().catch(reveal);
}

/** The agent and the controller live on, and all of it reads what anybody may have written. */
async function runCommandLine(): Promise<void> {
  if (isSingleFile()) becomeOrdinary();
  const { main } = await loadCommandLine();
  process.exitCode = await main(process.argv.slice(2));
}

/**
 * The plugin writes synchronously, so nothing is lost, and not tidying up saves half a millisecond (docs/adr/0002). GC is
 * rare, and reads what was kept of all Pods.
 */
async function runPlugin(): Promise<never> {
  if (process.env['CNI_COMMAND'] === 'GC' && isSingleFile()) becomeOrdinary();
  const use = likelyUse(process.env);
  const isAnnounced = use === 'agent' && process.env['CNI_COMMAND'] === 'ADD';
  const announced = isAnnounced ? await announce(process.env) : undefined;
  const { main, thisProcess } = await loadPlugin(use);
  process.exit(await main(thisProcess(announced)));
}

/** Both halves report what they expect to fail. What is left is a defect: Node prints it and exits with 1. */
function reveal(error: unknown): never {
  throw error;
}
