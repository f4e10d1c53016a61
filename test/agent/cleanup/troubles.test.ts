import { beforeEach, describe, expect, it } from 'vitest';
import { createTroubles, type Troubles } from '../../../src/agent/cleanup/troubles.ts';

let lines: string[];
let counted: string[];
let troubles: Troubles;
beforeEach(() => {
  [lines, counted] = [[], []];
  troubles = createTroubles({
    log: (level, message, facts = {}) => void lines.push(`${level} ${message} ${JSON.stringify(facts)}`),
    metrics: { ...unused, failed: (what) => void counted.push(what) },
  });
});

const unused = { removed: () => {}, left: () => {}, runtime: () => {}, damaged: () => {} };

async function fail(message: string): Promise<unknown> {
  return troubles.attempt('store', async () => {
    throw new Error(message);
  });
}

describe('what fails again and again', () => {
  it('is counted each time, and told of when it begins, changes and ends', async () => {
    expect([await fail('away'), await fail('away'), await fail('refused')]).toEqual([undefined, undefined, undefined]);
    expect(counted).toEqual(['store', 'store', 'store']);
    expect(troubles.present('store')).toBe('refused');
    expect(await troubles.attempt('store', async () => 7)).toBe(7);
    await troubles.attempt('store', async () => 8);
    expect(troubles.present('store')).toBeUndefined();
    expect(lines).toEqual([
      'warn clean-up cannot see or do everything {"what":"store","error":"away"}',
      'warn clean-up cannot see or do everything {"what":"store","error":"refused"}',
      'info clean-up can go on {"what":"store"}',
    ]);
  });

  it('is nothing to the rest', async () => {
    await fail('away');
    troubles.tell('runtime', undefined);
    expect([troubles.present('runtime'), troubles.present('store')]).toEqual([undefined, 'away']);
    expect(lines).toHaveLength(1);
  });
});
