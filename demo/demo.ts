import { existsSync } from 'node:fs';
import { onAbruptEnd } from '../test/fixture/abrupt.ts';
import { createResources, type Resources } from '../test/fixture/resources.ts';
import { antreaExecutable } from '../test/fixture/runtime.ts';
import { createShow } from './show.ts';
import { playDemo } from './story.ts';
import { createTraces } from './traces.ts';

// `make demo`: the story is in story.ts; here is what must hold however it ends.
// Whoever reads may stop (`make demo | head`): then so does the demo, and its end cleans up (abrupt.ts).
process.stdout.on('error', () => process.exit(1));
process.exitCode = await main();

async function main(): Promise<number> {
  const resources = createResources();
  const outcomes = [
    ...(await Promise.allSettled([play(resources)])),
    ...(await Promise.allSettled([resources.release()])),
  ];
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
  for (const failure of failures) process.stderr.write(`\nThe demo failed: ${failure}\n`);
  if (failures.length > 0) return 1;
  write('\nDone. OVS, pools, namespaces and files of the demo are gone: the machine is as it was.');
  return 0;
}

async function play(resources: Resources): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('it makes network namespaces: run it as root');
  const executable = antreaExecutable();
  if (!existsSync(executable)) throw new Error(`${executable} is not there: make build`);
  const traces = createTraces();
  resources.defer(onAbruptEnd(traces.erase));
  resources.defer(traces.erase);
  await playDemo({ show: createShow(write), resources, traces, executable });
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
