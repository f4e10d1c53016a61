import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOwnKeys, removeOwnKeys, withOwnKeys, writeNodeFile } from '../../../src/agent/install/node-file.ts';
import { failureOf } from '../../failure-of.ts';
import { makeConfDir } from './net-d.ts';

const own = { store: 'kubernetes', kubeconfig: '/etc/k.json', nodeName: 'node-1' };

describe('the Node file of an installation', () => {
  it('has our keys, and all that the administrator has set', () => {
    const dir = makeConfDir({ 'node.json': { bridge: 'br0', allowedVLANs: ['7'], nodeName: 'old' } });
    const path = join(dir.path, 'node.json');
    writeNodeFile(path, withOwnKeys(path, own));
    expect(dir.read('node.json')).toEqual({ bridge: 'br0', allowedVLANs: ['7'], ...own });
  });

  it('is written for the first time', () => {
    const dir = makeConfDir();
    const path = join(dir.path, 'antrea.d/node.json');
    writeNodeFile(path, withOwnKeys(path, own));
    expect(JSON.parse(fs.readFileSync(path, 'utf8'))).toEqual(own);
  });

  it('stays byte by byte when our keys are in it', () => {
    const text = `{ "nodeName":"node-1","store":"kubernetes",  "kubeconfig":"/etc/k.json", "mtu": 9000}`;
    const dir = makeConfDir({ 'node.json': text });
    expect(withOwnKeys(join(dir.path, 'node.json'), own)).toBe(text);
  });

  it('keeps its permissions, and stays a link if it is one', () => {
    const dir = makeConfDir({ real: {} });
    fs.chmodSync(join(dir.path, 'real'), 0o640);
    fs.symlinkSync('real', join(dir.path, 'node.json'));
    writeNodeFile(join(dir.path, 'node.json'), '{}');
    expect(fs.lstatSync(join(dir.path, 'node.json')).isSymbolicLink()).toBe(true);
    expect(fs.statSync(join(dir.path, 'real')).mode & 0o777).toBe(0o640);
  });

  it.each<[string, object | string, string]>([
    ['the store in files', { store: 'file' }, 'refused: Node file '],
    ['an unknown key', { bridgs: [] }, 'config: Node file '],
    ['no JSON', '{', 'decode: Node file '],
  ])('is refused where it has %s, before anything is done', (_what, content, message) => {
    const dir = makeConfDir({ 'node.json': content });
    expect(failureOf(() => withOwnKeys(join(dir.path, 'node.json'), own))).toContain(message);
  });

  it.each<[string, object, object, object | undefined]>([
    ['nothing', {}, own, undefined],
    ['other keys', { mtu: 9000 }, { mtu: 9000, ...own }, { mtu: 9000 }],
    ['a Node name', { nodeName: 'mine' }, own, { nodeName: 'mine' }],
    ['a kubeconfig', { kubeconfig: '/k', nodeName: 'n' }, own, { kubeconfig: '/k', nodeName: 'n' }],
  ])('becomes again what it was, of %s', (_what, ...[before, after, restored]) => {
    const dir = makeConfDir({ 'node.json': before });
    const path = join(dir.path, 'node.json');
    const keys = readOwnKeys(path, own.kubeconfig);
    dir.write('node.json', after);
    const removal = { path, kubeconfig: own.kubeconfig, before: keys };
    expect(removeOwnKeys(removal)).toBe(true);
    expect(fs.existsSync(path) ? dir.read('node.json') : undefined).toEqual(restored);
    expect(removeOwnKeys(removal)).toBe(false);
  });

  it('keeps what the administrator has put in the place of our keys since', () => {
    const dir = makeConfDir({ 'node.json': { store: 'kubernetes', kubeconfig: '/own.json', nodeName: 'n' } });
    expect(removeOwnKeys({ path: join(dir.path, 'node.json'), kubeconfig: '/etc/k.json', before: {} })).toBe(false);
  });
});
