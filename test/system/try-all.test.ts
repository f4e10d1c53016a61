import { expect, it } from 'vitest';
import { Failure } from '../../src/system/failure.ts';
import { tryAll } from '../../src/system/try-all.ts';

const failing = (error: Error) => async () => {
  throw error;
};

it('runs every step, whatever the others do', async () => {
  const ran: number[] = [];
  const steps = [1, 2, 3].map((number) => async () => {
    ran.push(number);
    if (number !== 2) throw new Failure('wiring', `step ${number}`);
  });
  await expect(tryAll(steps)).rejects.toThrow('step 1; step 3');
  expect(ran).toStrictEqual([1, 2, 3]);
});

it('throws the only error as it is', async () => {
  const error = new TypeError('a defect');
  await expect(tryAll([async () => {}, failing(error)])).rejects.toBe(error);
  await expect(tryAll([])).resolves.toBeUndefined();
});

it('says to try again if one of the errors does, and has the details of all', async () => {
  const steps = [
    failing(new Failure('wiring', 'link', { details: 'busy' })),
    failing(new Failure('unavailable', 'OVS', { details: 'down' })),
    failing(new Error('odd')),
  ];
  await expect(tryAll(steps)).rejects.toMatchObject({
    kind: 'unavailable',
    message: 'link; OVS; odd',
    details: 'busy; down',
  });
});
