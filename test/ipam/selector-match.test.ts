import { describe, expect, it } from 'vitest';
import { selects } from '../../src/ipam/selector-match.ts';
import { readSelector } from '../../src/ipam/selector.ts';

const labels = { team: 'blue', tier: '' };

describe('a label selector', () => {
  it.each<[boolean, string, object]>([
    [true, 'nothing at all', {}],
    [true, 'a label with its value', { matchLabels: { team: 'blue' } }],
    [true, 'an empty value', { matchLabels: { tier: '' } }],
    [false, 'another value', { matchLabels: { team: 'red' } }],
    [false, 'a label that is missing', { matchLabels: { zone: '' } }],
    [false, 'one that fits and one that does not', { matchLabels: { team: 'blue', tier: 'x' } }],
    [true, 'In', { matchExpressions: [{ key: 'team', operator: 'In', values: ['red', 'blue'] }] }],
    [false, 'In of others', { matchExpressions: [{ key: 'team', operator: 'In', values: ['red'] }] }],
    [false, 'In of a missing label', { matchExpressions: [{ key: 'zone', operator: 'In', values: [''] }] }],
    [false, 'NotIn', { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['blue'] }] }],
    [true, 'NotIn of a missing label', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }],
    [true, 'Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }],
    [false, 'Exists of a missing label', { matchExpressions: [{ key: 'zone', operator: 'Exists' }] }],
    [true, 'DoesNotExist', { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }],
    [false, 'DoesNotExist of a label', { matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }] }],
    [
      false,
      'labels that fit and an expression that does not',
      { matchLabels: { team: 'blue' }, matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }] },
    ],
  ])('says %s to %s', (expected, _name, selector) => {
    const read = readSelector({ path: 'spec.namespaceSelector', value: selector });
    expect(selects(read, new Map(Object.entries(labels)))).toBe(expected);
  });
});
