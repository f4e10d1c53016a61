import fs from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { choosePlace, type StoreOptions } from '../../src/cli/store-choice.ts';
import { type Desk, openDesk } from './command-line.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

describe('which store the command line looks into', () => {
  it('is the one of the Node file that ANTREA_NODE_CONFIG names', async () => {
    expect((await desk.antrea(['ippool', 'get'])).stderr).toContain(`store: files in ${desk.dataDir}\n`);
  });

  it('is the one of --node-config, if given', async () => {
    const other = desk.write('other.json', JSON.stringify({ dataDir: '/some/where' }));
    const { stderr } = await desk.antrea(['ippool', 'get', '--node-config', other]);
    expect(stderr).toContain('store: files in /some/where\n');
  });

  it('is the cluster, if that is where the Node file says that pools are, and never files in its place', async () => {
    const kubeconfig = desk.write('kubeconfig', '{}');
    desk.write('node.json', JSON.stringify({ kubeconfig, nodeName: 'node-1', dataDir: desk.dataDir }));
    const { code, stderr } = await desk.antrea(['ippool', 'get']);
    expect(code).toBe(1);
    expect(stderr).toContain(`store: the cluster of ${kubeconfig}\n`);
    expect(stderr).toContain('contexts[].context is missing');
  });

  it('is --data-dir before all, even if the Node file is broken', async () => {
    desk.write('node.json', '{');
    const { code, stderr } = await desk.antrea(['ippool', 'get', '--data-dir', join(desk.dir, 'x')]);
    expect(code).toBe(0);
    expect(stderr).toContain(`store: files in ${desk.dir}/x\n`);
  });

  it.each([
    ['broken', '{', 'is not JSON'],
    ['wrong', '{"dataDirectory": "/x"}', 'the key dataDirectory is unknown'],
  ])('is none when the Node file is %s', async (_, text, problem) => {
    desk.write('node.json', text);
    const { code, stdout, stderr } = await desk.antrea(['ippool', 'get']);
    expect({ code, stdout }).toStrictEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: Node file /u);
    expect(stderr).toContain(problem);
  });

  it('is none when the named Node file is missing', async () => {
    const { code, stderr } = await desk.antrea(['ippool', 'get', '--node-config', '/nonexistent.json']);
    expect(code).toBe(1);
    expect(stderr).toContain('error: the Node file /nonexistent.json cannot be read');
  });
});

const home = '/home/me/.kube/config';
const defaults = { kind: 'files', dataDir: '/var/lib/cni/antrea' };

interface Case {
  readonly what: string;
  readonly options?: StoreOptions;
  readonly env?: Record<string, string>;
  readonly there?: readonly string[];
  readonly expected: object;
}

describe('without a Node file', () => {
  it.each<Case>([
    { what: 'nothing else is there', expected: defaults },
    { what: '~/.kube/config is there', there: [home], expected: theCluster(home) },
    { what: '$KUBECONFIG names files', env: { KUBECONFIG: '/a::/b' }, there: [home], expected: theCluster('/a', '/b') },
    { what: 'a file is named', options: { kubeconfig: '/c' }, env: { KUBECONFIG: '/a' }, expected: theCluster('/c') },
    {
      what: 'a folder is named',
      options: { dataDir: '/d' },
      env: { KUBECONFIG: '/a' },
      expected: { kind: 'files', dataDir: '/d' },
    },
    {
      what: 'a context is named',
      options: { context: 'x' },
      env: { KUBECONFIG: '/a' },
      expected: { ...theCluster('/a'), context: 'x' },
    },
    {
      what: 'a context is named, and no file',
      options: { context: 'x' },
      expected: { ...theCluster(home), context: 'x' },
    },
  ])('and $what', ({ options = {}, env = {}, there = [], expected }) => {
    const files = {
      exists: (path: string) => there.includes(path),
      read: () => {
        throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
      },
    };
    expect(choosePlace(options, { files, env: { HOME: '/home/me', ...env } })).toMatchObject(expected);
  });
});

function theCluster(...kubeconfigs: readonly string[]): object {
  return { kind: 'user', kubeconfigs, context: undefined };
}

describe('with a Node file', () => {
  it('$KUBECONFIG does not count, and a flag does', async () => {
    const kubeconfig = desk.write('kubeconfig', '{}');
    const env = { ...desk.env, KUBECONFIG: kubeconfig, HOME: desk.dir };
    expect((await desk.antrea(['ippool', 'get'], '', env)).stderr).toContain(`store: files in ${desk.dataDir}\n`);
    const { code, stderr } = await desk.antrea(['ippool', 'get', '--kubeconfig', kubeconfig], '', env);
    expect(code).toBe(1);
    expect(stderr).toContain(`error: the kubeconfig ${kubeconfig} has no current-context`);
  });

  it.each([
    ['--data-dir', '--kubeconfig'],
    ['--data-dir', '--context'],
    ['--node-config', '--kubeconfig'],
  ])('%s with %s contradicts itself', async (one, other) => {
    const { code, stderr } = await desk.antrea(['ippool', 'get', one, '/x', other, '/y']);
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be used with option');
  });
});

describe('--verbose', () => {
  it('logs what is read and written, as JSON lines on stderr, wherever it stands', async () => {
    for (const words of [
      ['-v', 'ippool', 'get'],
      ['ippool', 'get', '--verbose'],
    ]) {
      const { stdout, stderr } = await desk.antrea([...words, '-o', 'json']);
      const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
      expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
        { level: 20, msg: 'Node file read', file: desk.nodeFile, dataDir: desk.dataDir },
        { level: 20, msg: 'pools listed', pools: [] },
      ]);
      expect(JSON.parse(stdout)).toMatchObject({ items: [] });
    }
    expect(fs.existsSync(desk.dataDir)).toBe(false);
  });
});
