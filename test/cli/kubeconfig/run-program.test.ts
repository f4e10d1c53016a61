import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/kubeconfig/run-program.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

const usual = { command: 'sh', env: {}, timeout: 20_000 };

describe('a program of a kubeconfig', () => {
  it('has the environment of the command line', async () => {
    const program = { ...usual, args: ['-c', 'echo $PROFILE; exit 3'], env: { PROFILE: 'lab' } };
    expect(await runProgram(program)).toStrictEqual({ code: 3, stdout: 'lab\n' });
  });

  it('lets others go on while it runs', async () => {
    const { path } = await resources.use(makeTempDir('program'));
    const program = runProgram({ ...usual, args: ['-c', `until [ -e ${path}/told ]; do sleep 0.01; done`] });
    // It cannot end before this is done.
    await new Promise(setImmediate).then(() => writeFileSync(`${path}/told`, ''));
    expect(await program).toMatchObject({ code: 0 });
  });

  it.each([
    ['cannot be found', { command: '/no/login', args: [] }, 'cannot be run: spawn /no/login ENOENT'],
    ['does not end in time', { args: ['-c', 'exec sleep 30'], timeout: 50 }, 'has not ended in 0.05 s'],
    [
      'leaves another one behind',
      { args: ['-c', 'sleep 10 2>/dev/null & exit 0'], timeout: 50 },
      'has not ended in 0.05 s',
    ],
    ['prints without end', { args: ['-c', 'exec yes'] }, 'printed more than 1048576 characters'],
  ])('is given up when it %s', async (_, more, message) => {
    await expect(runProgram({ ...usual, ...more })).rejects.toThrow(message);
  });
});
