import { describe, expect, it } from 'vitest';
import { readValidAttachments } from '../../src/plugin/valid-attachments.ts';
import { failureOf } from '../failure-of.ts';

const key = 'cni.dev/valid-attachments';
const draft = 'cni.dev/attachments';
const one = { containerID: 'c1', ifname: 'net1' };

describe('the list of valid attachments', () => {
  it.each([
    [{ [key]: [one] }, true],
    [{ [draft]: [one] }, true],
    [{ [key]: [one], [draft]: [] }, true],
    [{ [key]: [], [draft]: [one] }, false],
    [{ [key]: null, [draft]: [one] }, false],
    [{ [key]: [{ ...one, ifname: 'net2' }] }, false],
    [{ [key]: [{ containerID: 'c1n', ifname: 'et1' }] }, false],
    [{ [key]: [{ ...one, more: 1 }] }, true],
  ])('%j has it: %s', (raw, isThere) => {
    expect(readValidAttachments(raw)(one)).toBe(isThere);
  });

  it.each([
    [{}, 'is missing: without the list of valid attachments, GC deletes nothing'],
    [{ [key]: {} }, `${key} is not a list`],
    [{ [key]: 'x' }, `${key} is not a list`],
    [{ [key]: [one, 'c2'] }, `${key}[1] needs containerID and ifname`],
    [{ [key]: [{ containerID: 'c1' }] }, `${key}[0] needs containerID and ifname`],
    [{ [draft]: [{ containerID: 1, ifname: 'x' }] }, `${draft}[0] needs containerID and ifname`],
    [{ [key]: [{ containerID: '', ifname: 'x' }] }, `${key}[0] needs containerID and ifname`],
  ])('%j is refused, lest what is in use be deleted', (raw, says) => {
    expect(failureOf(() => readValidAttachments(raw))).toMatch(/^config: /u);
    expect(failureOf(() => readValidAttachments(raw))).toContain(says);
  });
});
