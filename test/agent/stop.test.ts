import { describe, expect, it } from 'vitest';
import { stopAll, type NamedService } from '../../src/agent/stop.ts';

const never = new Promise<void>(() => {});

function service(name: string, done: string[], stop: () => Promise<void> = async () => {}): NamedService {
  return {
    name,
    notReady: () => undefined,
    stop: async () => {
      await stop();
      done.push(name);
    },
  };
}

describe('the services of an agent that ends', () => {
  it('stop in the reverse order of their start, each when the one before has ended its work', async () => {
    const done: string[] = [];
    const work = Promise.withResolvers<void>();
    const stopping = stopAll([service('first', done), service('second', done, () => work.promise)], () => {});
    await new Promise(setImmediate);
    expect(done).toEqual([]);
    work.resolve();
    await stopping;
    expect(done).toEqual(['second', 'first']);
  });

  it('stop even when one fails, or does not come to its end', async () => {
    const done: string[] = [];
    const said: string[] = [];
    const failing = service('failing', done, () => Promise.reject(new Error('broken')));
    const all = [service('first', done), failing, service('hanging', done, () => never)];
    await stopAll(all, (level, message, more) => said.push(`${level}: ${message} ${JSON.stringify(more)}`), 1500);
    expect(done).toEqual(['first']);
    expect(said).toEqual([
      'error: a service has not stopped in time {"name":"hanging"}',
      'error: a service did not stop as it should {"name":"failing","error":"broken"}',
    ]);
  });
});
