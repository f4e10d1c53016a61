import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syncConflist } from '../../../src/agent/install/conflist-sync.ts';
import { pluginFolder } from '../../../src/agent/install/plugin-folder.ts';
import { failureOf } from '../../failure-of.ts';
import { makeConfDir, network, type ConfDir } from './net-d.ts';

const usual = '00-antrea-cni.conflist';
const bare = { cniVersion: '1.1.0', name: 'pods' };
const ours = { type: 'antrea', networkType: 'secondary' };

/** A folder for configurations with a network `pods`, and with the files of a folder of that name. */
function confDir(list: object, files: Readonly<Record<string, object | string>>): ConfDir {
  const dir = makeConfDir({ '10-pods.conflist': list });
  fs.mkdirSync(join(dir.path, 'pods'));
  for (const [name, content] of Object.entries(files)) dir.write(join('pods', name), content);
  return dir;
}

function sync({ path }: ConfDir): void {
  syncConflist({ confDir: path, plugin: 'antrea', insist: true });
}

describe('the plugins of a primary network that leaves them to a folder', () => {
  it('are in our list, in the order of their files, with ours after them; no runtime loads them once more', () => {
    const dir = confDir(bare, {
      '20-tuning.conf': { type: 'tuning', sysctl: { 'net.core.somaxconn': '500' } },
      '10-bridge.conf': { type: 'bridge', ipam: { type: 'host-local' } },
      '30-not.conflist': network('other'),
      '40-not.json': { type: 'other' },
    });
    sync(dir);
    expect(dir.read(usual)).toEqual({
      ...bare,
      loadOnlyInlinedPlugins: true,
      plugins: [
        { type: 'bridge', ipam: { type: 'host-local' } },
        { type: 'tuning', sysctl: { 'net.core.somaxconn': '500' } },
        ours,
      ],
      'antrea-cni': { version: 1, generatedFrom: '10-pods.conflist' },
    });
  });

  it('stay there where the list has some itself: only newer runtimes read the folder, and go on doing so', () => {
    const dir = confDir({ ...bare, plugins: [{ type: 'bridge' }] }, { '20-tuning.conf': { type: 'tuning' } });
    sync(dir);
    expect(dir.read(usual)).toMatchObject({ plugins: [{ type: 'bridge' }, ours] });
    expect(dir.read(usual)).not.toHaveProperty('loadOnlyInlinedPlugins');
  });

  it.each([
    {
      what: 'has none',
      list: bare,
      files: {},
      says: /10-pods\.conflist has no plugins, and the folder \S+\/pods has/u,
    },
    { what: 'has a broken one', list: bare, files: { 'a.conf': '{' }, says: /\/pods\/a\.conf is not JSON/u },
    {
      what: 'has one without a type',
      list: bare,
      files: { 'a.conf': {} },
      says: /\/pods\/a\.conf: the key type is m/u,
    },
    {
      what: 'is not to be read',
      list: { ...bare, loadOnlyInlinedPlugins: true },
      files: { 'a.conf': { type: 'bridge' } },
      says: /plugins is no list of at least one plugin/u,
    },
    {
      what: 'would be somewhere else',
      list: { ...bare, name: '../pods' },
      files: { 'a.conf': { type: 'bridge' } },
      says: /plugins is no list of at least one plugin/u,
    },
  ])('make no list where the folder $what', ({ list, files, says }) => {
    const dir = confDir(list, files);
    expect(failureOf(() => sync(dir))).toMatch(says);
    expect(dir.names()).not.toContain(usual);
  });

  it('may be Multus', () => {
    const dir = confDir(bare, { 'a.conf': { type: 'multus-shim' } });
    expect(failureOf(() => sync(dir))).toContain('refused: Multus attaches the networks of Pods on this Node');
  });
});

describe('the folder that is watched', () => {
  it.each([
    {
      what: 'that of the first network',
      files: { '10-a.conflist': bare, '20-b.conflist': { name: 'b' } },
      folder: 'pods',
    },
    { what: 'none where plugins are in the list', files: { '10-a.conflist': network('pods') }, folder: undefined },
    { what: 'none of a single plugin', files: { '10-a.conf': { ...bare, type: 'bridge' } }, folder: undefined },
    { what: 'none without a network', files: {}, folder: undefined },
  ])('is $what', ({ files, folder }) => {
    const dir = makeConfDir(files);
    expect(pluginFolder(dir.path)).toBe(folder === undefined ? undefined : join(dir.path, folder));
  });
});
