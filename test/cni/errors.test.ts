import { describe, expect, it } from 'vitest';
import { errorObject, PluginError } from '../../src/cni/errors.ts';
import { Failure, type FailureKind } from '../../src/system/failure.ts';

const codes: readonly (readonly [FailureKind, number])[] = [
  ['incompatible', 1],
  ['unsupported', 2],
  ['environment', 4],
  ['io', 5],
  ['decode', 6],
  ['config', 7],
  ['netns', 8],
  ['unavailable', 11],
  ['not-ready', 50],
  ['ipam', 101],
  ['wiring', 102],
  ['check', 103],
];

describe('errorObject', () => {
  it.each(codes)('%s is %i', (kind, code) => {
    expect(errorObject(new Failure(kind, 'why'), '1.0.0')).toStrictEqual({ cniVersion: '1.0.0', code, msg: 'why' });
  });

  it('has what else is known in details, and says nothing twice', () => {
    const deepest = new Error('ENOENT');
    const cause = new Error('no file', { cause: deepest });
    const failure = new Failure('io', 'cannot read: no file', { details: 'look there', cause });
    expect(errorObject(failure, '1.1.0')).toStrictEqual({
      cniVersion: '1.1.0',
      code: 5,
      msg: 'cannot read: no file',
      details: 'look there; ENOENT',
    });
  });

  it('passes on what another plugin has printed', () => {
    const error = new PluginError('host-local', { code: 999, msg: 'no address', details: 'at all' });
    expect(errorObject(error, '0.4.0')).toStrictEqual({
      cniVersion: '0.4.0',
      code: 999,
      msg: 'host-local: no address',
      details: 'at all',
    });
  });

  it.each([new TypeError('x is not a function'), 'a text', undefined])('a defect is 100, not 999: %s', (error) => {
    const { code, msg } = errorObject(error, '1.0.0');
    expect(code).toBe(100);
    expect(msg).toMatch(/^unexpected error, please report it: /u);
  });
});
