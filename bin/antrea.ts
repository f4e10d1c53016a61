import { main as runPlugin } from '../src/plugin/main.ts';
import { runCommandLine } from '../src/system/cold.ts';

// A runtime says what it wants in CNI_COMMAND, even if it is empty; a person does not set it.
const run = process.env['CNI_COMMAND'] === undefined ? runCommandLine : runPlugin;

run().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    // Both halves report what they expect to fail. Node prints what is left, a defect, and exits with 1.
    throw error;
  },
);
