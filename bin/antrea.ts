import { main as runPlugin } from '../src/plugin/main.ts';
import { runCommandLine } from '../src/system/cold.ts';

// A runtime says what it wants in CNI_COMMAND, even if it is empty; a person does not set it.
if (process.env['CNI_COMMAND'] === undefined) {
  runCommandLine().then((code) => {
    process.exitCode = code;
  }, reveal);
} else {
  // The plugin writes synchronously, so nothing is lost, and not tidying up saves half a millisecond (docs/adr/0002).
  runPlugin().then((code) => process.exit(code), reveal);
}

/** Both halves report what they expect to fail. What is left is a defect: Node prints it and exits with 1. */
function reveal(error: unknown): never {
  throw error;
}
