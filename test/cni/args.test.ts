import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCniArgs } from '../../src/cni/args.ts';
import { Failure } from '../../src/system/failure.ts';
import { failureOf } from '../failure-of.ts';

const kubernetes =
  'IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0;K8S_POD_INFRA_CONTAINER_ID=abc;K8S_POD_UID=1-2';

describe('parseCniArgs', () => {
  it.each([
    ['', {}],
    [';;', {}],
    ['IP=10.0.0.1,fd00::1/64', { IP: '10.0.0.1,fd00::1/64' }],
    ['MAC=02:42:ac:11:00:02', { MAC: '02:42:ac:11:00:02' }],
    ['MAC=;IP=', {}],
    [
      kubernetes,
      { K8S_POD_NAMESPACE: 'shop', K8S_POD_NAME: 'web-0', K8S_POD_INFRA_CONTAINER_ID: 'abc', K8S_POD_UID: '1-2' },
    ],
    ['IgnoreUnknown=true;GATEWAY=10.0.0.1;mac=x', {}],
    ['FOO=1;IgnoreUnknown=True', {}],
    ['IP=10.0.0.1;IP=10.0.0.2', { IP: '10.0.0.2' }],
  ])('%s', (text, args) => {
    expect(parseCniArgs(text)).toStrictEqual(args);
  });

  it.each([
    ['FOO=1', 'unknown key "FOO"'],
    ['mac=02:42:ac:11:00:02', 'unknown key "mac"'],
    ['K8S_POD_UID=x', 'unknown key "K8S_POD_UID"'],
    ['IgnoreUnknown=0;FOO=1', 'unknown key "FOO"'],
    ['IgnoreUnknown=1;IgnoreUnknown=false;FOO=1', 'unknown key "FOO"'],
    ['__proto__=x', 'unknown key "__proto__"'],
    ['constructor=x', 'unknown key "constructor"'],
    ['a', 'invalid pair "a"'],
    ['a=b=c', 'invalid pair "a=b=c"'],
    ['IgnoreUnknown=maybe', 'IgnoreUnknown="maybe" is neither true nor false'],
    ['K8S_POD_NAME=a/b', 'K8S_POD_NAME="a/b" is malformed: expected letters, digits'],
    ['MAC=02:42:ac:11:00:02 up', 'is malformed: expected a MAC address such as'],
    ['IP=10.0.0.1\nlink', 'is malformed'],
  ])('%j is refused: %s', (text, says) => {
    expect(failureOf(() => parseCniArgs(text))).toMatch(/^environment: CNI_ARGS /u);
    expect(failureOf(() => parseCniArgs(text))).toContain(says);
  });

  it('gives an answer or a Failure for any text', () => {
    assert(
      property(string(), (text) => {
        try {
          const args = parseCniArgs(text);
          expect(Object.getPrototypeOf(args)).toBe(Object.prototype);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});
