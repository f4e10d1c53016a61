import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/kubeconfig/run-program.ts';

const usual = { command: 'sh', env: {}, timeout: 20_000 };

describe('a program of a kubeconfig', () => {
  it('has the environment of the command line', async () => {
    const program = { ...usual, args: ['-c', 'echo $PROFILE; exit 3'], env: { PROFILE: 'lab' } };
    expect(await runProgram(program)).toStrictEqual({ code: 3, stdout: 'lab\n' });
  });

  it('lets others go on while it runs', async () => {
    const ended: string[] = [];
    const program = runProgram({ ...usual, args: ['-c', 'read line < /proc/sys/kernel/ostype'] });
    await Promise.all([
      program.then(() => ended.push('program')),
      new Promise(setImmediate).then(() => ended.push('other')),
    ]);
    expect(ended).toStrictEqual(['other', 'program']);
  });

  it.each([
    ['cannot be found', { command: '/no/login', args: [] }, 'cannot be run: spawn /no/login ENOENT'],
    ['does not end in time', { args: ['-c', 'exec sleep 30'], timeout: 50 }, 'has not ended in 0.05 s'],
    [
      'leaves another one behind',
      { args: ['-c', 'sleep 1 2>/dev/null & exit 0'], timeout: 50 },
      'has not ended in 0.05 s',
    ],
    ['prints without end', { args: ['-c', 'exec yes'] }, 'printed more than 1048576 characters'],
  ])('is given up when it %s', async (_, more, message) => {
    await expect(runProgram({ ...usual, ...more })).rejects.toThrow(message);
  });
});
