import { describe, expect, it } from 'vitest';
import { detach } from '../../src/net/detach.ts';
import { PortFailure } from '../../src/net/port-failure.ts';
import type { Exec } from '../../src/system/exec.ts';
import { Failure } from '../../src/system/failure.ts';

const done = { code: 0, stdout: '', stderr: '', timedOut: false };

interface World {
  /** Links that do not go away in the background. */
  readonly stubborn?: readonly string[];
  readonly ovs?: Failure;
  /** Whether `ip` is killed before it ends. */
  readonly timedOut?: boolean;
}

async function detachAll(names: readonly string[], { stubborn = [], ovs, timedOut = false }: World = {}) {
  const log: string[] = [];
  const links = new Set(names.filter((name) => !name.startsWith('gone')));
  const exec: Exec = (command, args) => {
    const wanted = command === 'sh' ? args.slice(3) : args.slice(-1);
    log.push(`${command} ${wanted.join(' ')}`);
    for (const name of wanted) if (!stubborn.includes(name)) links.delete(name);
    return command === 'ip' && wanted.some((name) => links.has(name))
      ? { ...done, code: 2, stderr: timedOut ? '' : 'busy', timedOut }
      : done;
  };
  const means = {
    exec,
    files: { exists: (path: string) => links.has(path.split('/').at(-1) ?? '') },
    ovs: {
      removePorts: async (ports: readonly string[]) => {
        log.push(`ports ${ports.join(' ')}`);
        if (ovs !== undefined) throw ovs;
      },
    },
  };
  return { failures: await detach(means, { hostInterfaces: names, mark: {} }), log };
}

describe('attachments of one Pod', () => {
  it('are removed with one process and one transaction', async () => {
    const { failures, log } = await detachAll(['av1', 'av2', 'av3']);
    expect(failures).toStrictEqual([]);
    expect(log).toStrictEqual(['sh av1 av2 av3', 'ports av1 av2 av3']);
  });

  it('may be gone already: their ports are removed', async () => {
    expect(await detachAll(['gone1', 'av2'])).toStrictEqual({ failures: [], log: ['sh av2', 'ports gone1 av2'] });
    expect(await detachAll(['gone1'])).toStrictEqual({ failures: [], log: ['ports gone1'] });
  });

  it('are all tried; of a link that stays, it is said which one', async () => {
    const { failures } = await detachAll(['av1', 'av2'], {
      stubborn: ['av2'],
      ovs: new Failure('unavailable', 'OVS is away'),
    });
    expect(failures.map(({ message }) => message)).toStrictEqual([
      'OVS is away',
      'the link av2 cannot be deleted: busy',
    ]);
    expect(failures.map((failure) => failure instanceof PortFailure)).toStrictEqual([false, true]);
  });

  it('may take the kernel too long, which is worth another try', async () => {
    const { failures } = await detachAll(['av1'], { stubborn: ['av1'], timedOut: true });
    expect(failures.map(String)).toStrictEqual(['PortFailure: ip did not end in 10 s: is the Node overloaded?']);
    expect(failures.map(({ kind }) => kind)).toStrictEqual(['unavailable']);
  });
});
