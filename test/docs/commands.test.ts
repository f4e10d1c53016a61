import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/paths.ts';
import { createProgram } from '../../src/cli/program.ts';
import { pages, textOf } from './pages.ts';

/** What people read and type: pages, messages and help. Decisions tell of what was. */
const texts = [...pages, ...globSync('src/**/*.ts', { cwd: root }), ...globSync('deploy/*.yaml', { cwd: root })].filter(
  (file) => !file.startsWith('docs/adr/'),
);

const silent = { out: () => {}, err: () => {}, stdin: 0, env: {}, columns: undefined };
const program = createProgram(silent, () => {});

describe('a command that somebody is told to type', () => {
  it('names options that it has', () => {
    const commands = texts.flatMap((file) => commandsIn(textOf(file)).map((command) => ({ file, ...command })));
    expect(commands.filter(({ options }) => options.length > 0).length).toBeGreaterThan(30);
    const unknown = commands.flatMap(({ file, words, options }) =>
      options.filter((option) => !optionsOf(words).includes(option)).map((option) => `${file}: ${words} ${option}`),
    );
    expect(unknown).toEqual([]);
  });

  it('applies files of deploy/ that are there, and never all of them', () => {
    const named = texts.flatMap((file) =>
      [...textOf(file).matchAll(/-f (deploy\/[\w./-]*)/g)].map(([, path = '']) => ({ file, path })),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(({ path }) => !isFile(path))).toEqual([]);
  });
});

interface Words {
  /** `ippool get` */
  readonly words: string;
  readonly options: readonly string[];
}

function commandsIn(text: string): readonly Words[] {
  const found = text.matchAll(
    /antrea (ippool (?:apply|get|delete)|explain|check|agent|controller|install|version)\b(.*)/g,
  );
  return [...found].map(([, words = '', rest = '']) => {
    const own = rest.split(/[`|#;&'"]| -> /)[0] ?? '';
    return { words, options: [...own.matchAll(/(?<=\s)--?[a-z][\w-]*/g)].map(([option]) => option) };
  });
}

function optionsOf(words: string): readonly string[] {
  const command = words
    .split(' ')
    .reduce((parent: Command, word) => parent.commands.find((one) => one.name() === word) ?? parent, program);
  const options = [...program.options, ...command.options];
  return ['-h', '--help', ...options.flatMap(({ short, long }) => [short ?? '', long ?? ''])];
}

function isFile(path: string): boolean {
  return statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
}
