import type { Report } from '../comparison.ts';
import { describeMachine, type Machine } from '../findings.ts';
import { rotated } from '../statistics.ts';
import { playRound, settle, type Round } from './round.ts';
import { setKubeletStage, type KubeletContender, type KubeletStage } from './stage.ts';

export interface KubeletScale {
  readonly rounds: number;
  /** Pods of a round. */
  readonly pods: number;
  /** Whether each round waits, up to a minute, until the kubelet has done with what is left of the one before: it has DEL called once more. */
  readonly settled: boolean;
}

/** Everything that a run with a real kubelet has found. */
export interface KubeletFindings {
  readonly date: string;
  readonly machine: Machine;
  readonly pods: number;
  readonly skipped: readonly string[];
  readonly rows: readonly KubeletRow[];
}

export interface KubeletRow {
  readonly contender: string;
  readonly rounds: readonly Round[];
}

/** Crowds of Pods on a Node with a real kubelet; contenders take turns, as what else the machine does is to hit all alike. */
export async function measureKubelet(scale: KubeletScale, report: Report): Promise<KubeletFindings> {
  report('a Node with a real kubelet');
  const stage = await setKubeletStage(process.env['PEERS_DIR']);
  try {
    for (const reason of stage.skipped) report(`not measured: ${reason}`);
    const machine = await describeMachine();
    const rows = await measure(stage, scale, report);
    return { date: new Date().toISOString().slice(0, 10), machine, pods: scale.pods, skipped: stage.skipped, rows };
  } finally {
    await stage.stop();
  }
}

async function measure(stage: KubeletStage, scale: KubeletScale, report: Report): Promise<readonly KubeletRow[]> {
  const rounds = new Map<KubeletContender, Round[]>(stage.contenders.map((one) => [one, []]));
  // Each makes first what it makes only once.
  for (const contender of stage.contenders) await playRound(stage.bed, contender, 2);
  for (let round = 0; round < scale.rounds; round += 1) {
    for (const contender of rotated(stage.contenders, round)) {
      if (scale.settled) await settle(stage.bed);
      const played = await playRound(stage.bed, contender, scale.pods);
      report(`${contender.name}: ${describe(played, scale)}`);
      rounds.get(contender)?.push(played);
    }
  }
  return stage.contenders.map((one) => ({ contender: one.name, rounds: rounds.get(one) ?? [] }));
}

function describe({ createS, deleteS }: Round, { pods }: KubeletScale): string {
  return `${pods} Pods run after ${createS.toFixed(1)} s, gone after ${deleteS.toFixed(1)} s`;
}
