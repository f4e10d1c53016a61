import { describe, expect, it } from 'vitest';
import { createComplaints, type Failed } from '../../../src/kube/watch/complaints.ts';
import { Failure } from '../../../src/system/failure.ts';

function bench() {
  const lines: string[] = [];
  const log = (level: string, _message: string, facts: object = {}): void =>
    void lines.push(`${level} ${'error' in facts ? String(facts.error) : ''}`);
  const complaints = createComplaints({ path: '/things', log });
  const failed = (failure: Partial<Failed>): boolean =>
    complaints.failed('the watch broke', { error: new Error('Forbidden'), failures: 1, ...failure });
  return { lines, failed, over: complaints.over };
}

describe('a watch, or a list, that fails', () => {
  it.each<readonly [boolean, string, Partial<Failed>]>([
    [true, 'a watch without a valid token', { status: 401 }],
    [true, 'a watch without the right', { status: 403 }],
    [true, 'a watch of what there is not', { status: 404 }],
    [false, 'a watch of a version that is forgotten', { status: 410 }],
    [false, 'too many requests', { status: 429 }],
    [false, 'a broken server', { status: 500 }],
    [false, 'a broken connection', { error: new Error('reset') }],
    [true, 'a list without the right', { error: new Failure('refused', 'no right') }],
    [true, 'a list of what there is not', { error: new Failure('not-found', 'no such kind') }],
    [false, 'a list without an answer', { error: new Failure('unavailable', 'away') }],
  ])('is refused, %j: %s', (refused, _, failure) => {
    expect(bench().failed(failure)).toBe(refused);
  });

  it('is told of seldomer and seldomer', () => {
    const { lines, failed } = bench();
    for (let failures = 1; failures <= 16; failures += 1) failed({ failures, error: new Error('reset') });
    expect(lines).toEqual(Array.from({ length: 5 }, () => 'warn reset'));
  });

  it('is told of once when it is refused, until it is refused otherwise, or has worked', () => {
    const { lines, failed, over } = bench();
    for (const failures of [1, 2, 3, 4]) failed({ status: 403, failures });
    for (const failures of [5, 6]) failed({ status: 401, failures, error: new Error('Unauthorized') });
    over();
    failed({ status: 401, error: new Error('Unauthorized') });
    expect(lines).toEqual(['error Forbidden', 'error Unauthorized', 'error Unauthorized']);
  });
});
