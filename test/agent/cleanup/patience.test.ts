import { expect, it } from 'vitest';
import { patienceFor } from '../../../src/agent/cleanup/patience.ts';

it.each([1, 60, 600])(
  'a sandbox is gone for at least twice the time of an ADD before anything is freed: %i s',
  (time) => {
    const { soon, late, interval } = patienceFor(time);
    expect(soon).toBeGreaterThanOrEqual(2 * time * 1000);
    expect(late).toBeGreaterThan(soon);
    expect(2 * interval).toBeLessThanOrEqual(soon);
  },
);
