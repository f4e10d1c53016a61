import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { antreaExecutable, repository } from '../test/fixture/runtime.ts';
import { compare } from './comparison.ts';
import { findContenders } from './contenders.ts';
import { describeMachine, figuresOf, type Findings } from './findings.ts';
import { buildEmptyExecutable } from './floors.ts';
import { measureFullness } from './fullness.ts';
import { toMarkdown } from './markdown.ts';
import { measureMemory } from './memory.ts';
import { makePool } from './pools.ts';
import { full, quick, type Scale } from './scale.ts';
import { setStage, type Stage } from './stage.ts';
import { raiseStorm } from './storm.ts';
import { judge } from './verdict.ts';

await main();

async function main(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('the benchmark makes network namespaces: run it as root');
  if (!existsSync(antreaExecutable())) throw new Error(`${antreaExecutable()} is not there: run "make build" first`);
  const scale = ['', '0', undefined].includes(process.env['BENCH_QUICK']) ? full : quick;
  const begin = performance.now();
  await buildEmptyExecutable();
  const stage = await setStage(100);
  try {
    const findings = await measure(stage, scale);
    publish(findings, scale);
  } finally {
    await stage.stop();
  }
  report(`${((performance.now() - begin) / 1000).toFixed(0)} s in all`);
}

async function measure(stage: Stage, scale: Scale): Promise<Findings> {
  const { contenders, skipped } = findContenders(stage);
  for (const { name, reason } of skipped) report(`not measured: ${name}: ${reason}`);
  await makePool(stage, 'bench', 240);
  const machine = await describeMachine();
  const comparison = await compare({ stage, contenders, scale, report });
  report('memory');
  const memory = await measureMemory({ stage, contenders, scale });
  report(`${scale.storm.count} ADDs and DELs, ${scale.storm.atOnce} at once`);
  const storm = await raiseStorm(stage, scale);
  await stage.scrub();
  report(`pools with ${scale.inUse} addresses in use`);
  const fullness = await measureFullness(stage, scale);
  return { date: new Date().toISOString().slice(0, 10), machine, skipped, comparison, memory, storm, fullness };
}

/** To bench/results/; a full run also to docs/performance.md. Nothing is thrown for a missed figure: timing is not a test. */
function publish(findings: Findings, scale: Scale): void {
  const markdown = toMarkdown(findings);
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const stamp = new Date().toISOString().replaceAll(/[:.]/gu, '-');
  const file = join(results, `${stamp}${scale.quick ? '-quick' : ''}`);
  const content = { verdicts: judge(figuresOf(findings)), ...findings };
  writeFileSync(`${file}.json`, `${JSON.stringify(content, undefined, 2)}\n`);
  writeFileSync(`${file}.md`, markdown);
  if (!scale.quick) putInto(join(repository, 'docs/performance.md'), markdown);
  console.log(`\n${markdown}`);
  report(`written: ${file}.md and .json${scale.quick ? '' : ', docs/performance.md'}`);
}

/** Replaces what is between the two markers of the document. */
function putInto(path: string, markdown: string): void {
  const text = readFileSync(path, 'utf8');
  const [before, rest] = text.split('<!-- figures: written by make bench -->');
  const after = rest?.split('<!-- end of figures -->')[1];
  if (before === undefined || after === undefined) throw new Error(`${path} has lost its two markers for figures`);
  const parts = [before, '<!-- figures: written by make bench -->\n\n', markdown, '<!-- end of figures -->', after];
  writeFileSync(path, parts.join(''));
}

function report(line: string): void {
  console.error(`bench: ${line}`);
}
