import { expect, it } from 'vitest';
import { judgeKubelet } from '../../bench/kubelet/markdown.ts';
import { none, own, peer } from '../../bench/kubelet/stage.ts';

const rounds = (...seconds: readonly number[]) =>
  seconds.map((createS) => ({ createS, deleteS: 1, failedSandboxes: 0, failure: undefined }));

it('compares the medians of Pods with networks of ours, of others, and with none', () => {
  const rows = [
    { contender: own, rounds: rounds(30, 12, 11) },
    { contender: none, rounds: rounds(10, 10, 50) },
    { contender: peer, rounds: rounds(15, 15, 15) },
  ];
  expect(judgeKubelet({ rows, pods: 100 })).toMatchObject([
    { measured: '0.80 ×', limit: '0.6 ×', verdict: 'MISSED' },
    { measured: '1.20 ×', limit: '1.3 ×', verdict: 'holds' },
  ]);
});

it('says that others were not measured where they are not there', () => {
  const rows = [
    { contender: own, rounds: rounds(12) },
    { contender: none, rounds: rounds(10) },
  ];
  expect(judgeKubelet({ rows, pods: 100 }).map(({ verdict }) => verdict)).toEqual(['not measured', 'holds']);
});
