import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../cluster/ports.ts';
import { antreaCommand } from '../fixture/program.ts';
import { createResources } from '../fixture/resources.ts';
import { repository } from '../fixture/runtime.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

it('an agent whose port is taken says so, and ends: one that served nothing would hide behind the other one', async () => {
  const { path } = await resources.use(makeTempDir('agent-main'));
  const config = join(path, 'antrea-agent.conf');
  writeFileSync(config, JSON.stringify({ dataDir: join(path, 'data'), ovsdb: `unix:${path}/none` }));
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  resources.defer(() => other.close());
  await once(other, 'listening');
  const argv = [...antreaCommand(), 'agent', '--config', config, '--no-cluster', '--listen', `127.0.0.1:${port}`];
  const agent = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], {
    cwd: repository,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  resources.defer(() => agent.kill('SIGKILL'));
  const [said] = await Promise.all([text(agent.stderr), once(agent, 'exit')]);
  expect(said).toContain(`error: cannot listen on 127.0.0.1:${port}`);
  expect(agent.exitCode).toBe(1);
});
