import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readUserKubeconfig } from '../../../src/cli/kubeconfig/read.ts';
import { runProgram } from '../../../src/cli/kubeconfig/run-program.ts';
import { parallelClient } from '../../../src/kube/watch/parallel-client.ts';
import { files } from '../../../src/system/files.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { startFakeApiServer } from '../../kube/fake-api-server.ts';

const resources = createResources();
afterEach(resources.release);

/** It notes each run, and gives what the file `token` says. */
const script = `echo run >> runs; printf '{"status":{"token":"%s"}}' "$(cat token)"`;

it('what the API server refuses is fetched once for all requests, by the program of the kubeconfig', async () => {
  const { path: dir } = await resources.use(makeTempDir('program'));
  const server = await startFakeApiServer();
  resources.defer(() => server.close());
  const kubeconfig = {
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    clusters: [{ name: 'a', cluster: { server: server.url } }],
    users: [{ name: 'a', user: { exec: { command: 'sh', args: ['-c', `cd ${dir}; ${script}`] } } }],
  };
  writeFileSync(join(dir, 'kubeconfig'), JSON.stringify(kubeconfig));
  writeFileSync(join(dir, 'token'), 'first');
  const paths = [join(dir, 'kubeconfig')];
  const { access } = await readUserKubeconfig({ files, paths, context: undefined, run: runProgram });
  const client = parallelClient(access);
  resources.defer(() => client.close());
  const send = async (path: string) => (await client.send({ method: 'GET', path, expect: [404] })).status;
  const ask = async (): Promise<readonly number[]> => {
    const names = Array.from({ length: 20 }, (_, index) => `/api/v1/things/${index}`);
    return [...new Set(await Promise.all(names.map(send)))];
  };
  server.tokens = ['first'];
  expect(await ask()).toEqual([404]);
  writeFileSync(join(dir, 'token'), 'second');
  server.tokens = ['second'];
  expect(await ask()).toEqual([404]);
  expect(readFileSync(join(dir, 'runs'), 'utf8')).toBe('run\nrun\n');
});
