import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';
import { createResources } from '../fixture/resources.ts';
import { repository } from '../fixture/runtime.ts';

const resources = createResources();
afterEach(resources.release);

const script = `
import { untilAsked } from './src/cli/signals.ts';
untilAsked().addEventListener('abort', () => console.log('asked'));
setInterval(() => {}, 60_000);
console.log('ready');
`;

it.each([
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
  ['SIGINT', 'SIGINT'],
] as const)('%s asks to end, and %s after it ends at once', async (first, second) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  resources.defer(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) child.kill(line === 'ready' ? first : second);
  expect(await exit).toStrictEqual([null, second]);
});
