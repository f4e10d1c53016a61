import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { copyExecutable } from '../src/agent/install/executable.ts';
import { findClusterTools } from '../test/cluster/tools.ts';
import { whyNot } from '../test/e2e/machine.ts';
import { antreaExecutable } from '../test/fixture/runtime.ts';
import { makeTempDir } from '../test/fixture/unique.ts';
import { judgeCluster } from './cluster/findings.ts';
import { toClusterMarkdown } from './cluster/markdown.ts';
import { measureCluster } from './cluster/run.ts';
import { compare } from './comparison.ts';
import { findContenders } from './contenders.ts';
import { describeMachine, figuresOf, type Findings } from './findings.ts';
import { buildEmptyExecutable } from './floors.ts';
import { measureFullness } from './fullness.ts';
import { judgeKubelet, toKubeletMarkdown } from './kubelet/markdown.ts';
import { measureKubelet } from './kubelet/run.ts';
import { toMarkdown } from './markdown.ts';
import { measureMemory } from './memory.ts';
import { makePool } from './pools.ts';
import { publish } from './publish.ts';
import { full, quick, type Scale } from './scale.ts';
import { setStage, type Stage } from './stage.ts';
import { raiseStorm } from './storm.ts';
import { judge } from './verdict.ts';

await main();

/** BENCH_ONLY: `file`, `cluster` or `kubelet`; all without it. */
async function main(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('the benchmark makes network namespaces: run it as root');
  if (!existsSync(antreaExecutable())) throw new Error(`${antreaExecutable()} is not there: run "make build" first`);
  const only = process.env['BENCH_ONLY'] ?? '';
  if (!['', 'file', 'cluster', 'kubelet'].includes(only))
    throw new Error(`BENCH_ONLY is ${only}: expected file, cluster, kubelet or nothing`);
  const scale = ['', '0', undefined].includes(process.env['BENCH_QUICK']) ? full : quick;
  const begin = performance.now();
  const isMeant = (part: string): boolean => only === '' || only === part;
  const { path, remove } = makeTempDir('installed');
  try {
    installInto(path);
    if (isMeant('file')) await benchFileStore(scale);
    if (isMeant('cluster')) await benchClusterStore(scale);
    if (isMeant('kubelet')) await benchKubelet(scale);
  } finally {
    await remove();
  }
  report(`${((performance.now() - begin) / 1000).toFixed(0)} s in all`);
}

/**
 * As `antrea install` does: pages of a file that was written, or read, long ago lie in smaller pieces, from which a start
 * takes longer (docs/adr/0002-bundle.md).
 */
function installInto(folder: string): void {
  const to = join(folder, 'antrea');
  copyExecutable({ from: antreaExecutable(), to });
  process.env['ANTREA_EXECUTABLE'] = to;
}

async function benchFileStore(scale: Scale): Promise<void> {
  await buildEmptyExecutable();
  const stage = await setStage(100);
  try {
    const findings = await measure(stage, scale);
    publish(scale, {
      section: 'file store',
      markdown: toMarkdown(findings),
      content: { verdicts: judge(figuresOf(findings)), ...findings },
    });
  } finally {
    await stage.stop();
  }
}

async function benchClusterStore(scale: Scale): Promise<void> {
  const tools = await findClusterTools();
  if (tools.dir === undefined) {
    report(`not measured: the cluster store: ${tools.reason}`);
    return;
  }
  const findings = await measureCluster(scale.cluster, report);
  publish(scale, {
    section: 'cluster store',
    markdown: toClusterMarkdown(findings),
    content: { verdicts: judgeCluster(findings), ...findings },
  });
}

async function benchKubelet(scale: Scale): Promise<void> {
  const reason = await whyNot();
  if (reason !== undefined) {
    report(`not measured: Pods of a real kubelet: ${reason}`);
    return;
  }
  const findings = await measureKubelet(scale.kubelet, report);
  publish(scale, {
    section: 'real kubelet',
    markdown: toKubeletMarkdown(findings),
    content: { verdicts: judgeKubelet(findings), ...findings },
  });
}

async function measure(stage: Stage, scale: Scale): Promise<Findings> {
  const { contenders, skipped } = findContenders(stage);
  for (const { name, reason } of skipped) report(`not measured: ${name}: ${reason}`);
  await makePool(stage, 'bench', 240);
  const machine = await describeMachine();
  const comparison = await compare({ stage, contenders, rounds: scale.rounds, report });
  report('memory');
  const memory = await measureMemory({ stage, contenders, scale });
  report(`${scale.storm.count} ADDs and DELs, ${scale.storm.atOnce} at once`);
  const storm = await raiseStorm(stage, scale);
  await stage.scrub();
  report(`pools with ${scale.inUse} addresses in use`);
  const fullness = await measureFullness(stage, scale);
  return { date: new Date().toISOString().slice(0, 10), machine, skipped, comparison, memory, storm, fullness };
}

function report(line: string): void {
  console.error(`bench: ${line}`);
}
