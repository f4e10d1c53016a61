import { describe, expect, it } from 'vitest';
import { parseSubject } from '../../../src/cli/explain/subject.ts';
import { address } from '../../ipam/sample.ts';
import { failureOf } from '../../failure-of.ts';

const pod = (name: string, namespace?: string) => ({ kind: 'pod', name, namespace });

describe('what is to be explained', () => {
  it.each([
    ['10.0.0.5', undefined, { kind: 'address', address: address('10.0.0.5') }],
    ['fd00::5', 'team', { kind: 'address', address: address('fd00::5') }],
    ['web-0', undefined, { kind: 'pool or pod', name: 'web-0' }],
    ['web-0', 'team', pod('web-0', 'team')],
    ['team/web-0', undefined, pod('web-0', 'team')],
    ['pod/web-0', undefined, pod('web-0')],
    ['po/web-0', 'team', pod('web-0', 'team')],
    ['ippool/a.b', undefined, { kind: 'pool', name: 'a.b' }],
    ['pool/a', 'team', { kind: 'pool', name: 'a' }],
  ])('%s, of Namespace %s', (text, namespace, subject) => {
    expect(parseSubject(text, namespace)).toStrictEqual(subject);
  });

  it.each(['10.0.0.500', '10.0.0.5/24', 'fd00::x', 'fd00::/64', 'fe80::1%eth0'])(
    '%s is a mistake, and no Pod',
    (text) => {
      expect(failureOf(() => parseSubject(text, undefined))).toBe(
        `config: ${JSON.stringify(text)} is no IP address: expected one such as 10.0.0.5 or fd00::5`,
      );
    },
  );

  it('is of one Namespace', () => {
    expect(parseSubject('team/web-0', 'team')).toStrictEqual(pod('web-0', 'team'));
    expect(failureOf(() => parseSubject('team/web-0', 'other'))).toBe(
      'config: "team/web-0" is of Namespace team: expected it without -n other',
    );
  });

  it.each([
    ['', undefined],
    ['A', undefined],
    ['a/b/c', undefined],
    ['a/', undefined],
    ['../x', undefined],
    ['a', 'B'],
  ])('%j of %s names nothing', (text, namespace) => {
    expect(failureOf(() => parseSubject(text, namespace))).toContain(
      'names nothing: expected a Pod (web-0, team/web-0)',
    );
  });
});
