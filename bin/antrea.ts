import { likelyUse } from '../src/config/node-file-path.ts';
import { loadCommandLine, loadPlugin } from '../src/system/chunk.ts';

// A runtime says what it wants in CNI_COMMAND, even if it is empty; a person does not set it.
if (process.env['CNI_COMMAND'] === undefined) {
  runCommandLine().catch(reveal);
} else {
  runPlugin().catch(reveal);
}

async function runCommandLine(): Promise<void> {
  const { main } = await loadCommandLine();
  process.exitCode = await main(process.argv.slice(2));
}

/** The plugin writes synchronously, so nothing is lost, and not tidying up saves half a millisecond (docs/adr/0002). */
async function runPlugin(): Promise<never> {
  const { main } = await loadPlugin(likelyUse(process.env));
  process.exit(await main());
}

/** Both halves report what they expect to fail. What is left is a defect: Node prints it and exits with 1. */
function reveal(error: unknown): never {
  throw error;
}
