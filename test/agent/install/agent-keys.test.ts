import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { keepAgentKeys, withoutAgentKeys } from '../../../src/agent/install/agent-keys.ts';
import { readRecord, writeRecord, type InstallRecord } from '../../../src/agent/install/record.ts';
import { failureOf } from '../../failure-of.ts';
import { makeConfDir, type ConfDir } from './net-d.ts';

const current = { mode: 'native', plugin: 'antrea', confDir: '/c', nodeName: 'n', tokenLifetime: 1 } as const;
const installed: InstallRecord = { executables: [], confDirs: [], before: {}, current };

let dir: ConfDir;
let nodeFile: string;
beforeEach(() => {
  dir = makeConfDir({ 'node.json': { mtu: 9000, bridge: 'br-admin' } });
  nodeFile = join(dir.path, 'node.json');
  writeRecord(join(dir.path, 'install.json'), installed);
});

function recorded(): InstallRecord['agentKeys'] {
  return readRecord(join(dir.path, 'install.json'))?.agentKeys;
}

describe('the Node file that an agent keeps', () => {
  it('has what the agent says, and again what the administrator has said when the agent says nothing any more', () => {
    expect(keepAgentKeys(nodeFile, { set: { bridge: 'br-one', allowedVLANs: ['100'] } })).toBe(true);
    expect(dir.read('node.json')).toEqual({ mtu: 9000, bridge: 'br-one', allowedVLANs: ['100'] });
    expect(keepAgentKeys(nodeFile, { set: { bridge: 'br-one', allowedVLANs: ['100'] } })).toBe(false);
    expect(keepAgentKeys(nodeFile, { set: { bridge: 'br-two' } })).toBe(true);
    expect(dir.read('node.json')).toEqual({ mtu: 9000, bridge: 'br-two' });
    expect(keepAgentKeys(nodeFile, { set: {} })).toBe(true);
    expect(dir.read('node.json')).toEqual({ mtu: 9000, bridge: 'br-admin' });
  });

  it('keeps in mind what the administrator writes meanwhile', () => {
    keepAgentKeys(nodeFile, { set: { bridge: 'br-one' } });
    dir.write('node.json', { bridge: 'br-later', bridges: ['br-x'] });
    expect(keepAgentKeys(nodeFile, { set: { bridge: 'br-one' } })).toBe(true);
    expect(dir.read('node.json')).toEqual({ bridge: 'br-one', bridges: ['br-x'] });
    expect(JSON.parse(withoutAgentKeys(nodeFile, recorded()) ?? '')).toEqual({
      bridge: 'br-later',
      bridges: ['br-x'],
    });
  });

  it('does not allow more VLANs than the administrator does, only because interfaces carry them', () => {
    const otherwise = { allowedVLANs: ['100-200'] };
    expect(keepAgentKeys(nodeFile, { set: {}, otherwise })).toBe(true);
    expect(dir.read('node.json')).toMatchObject(otherwise);
    dir.write('node.json', { allowedVLANs: ['100'] });
    expect(keepAgentKeys(nodeFile, { set: {}, otherwise })).toBe(false);
    expect(dir.read('node.json')).toEqual({ allowedVLANs: ['100'] });
  });

  it('names the socket of the agent, and follows it, unless the administrator has named another one', () => {
    dir.write('node.json', { kubeconfig: '/k', nodeName: 'n' });
    const socket = (agentSocket: string): boolean => keepAgentKeys(nodeFile, { set: {}, otherwise: { agentSocket } });
    expect(socket('/run/one.sock')).toBe(true);
    expect(dir.read('node.json')).toEqual({ kubeconfig: '/k', nodeName: 'n', agentSocket: '/run/one.sock' });
    expect(socket('/run/two.sock')).toBe(true);
    expect(dir.read('node.json')).toMatchObject({ agentSocket: '/run/two.sock' });
    dir.write('node.json', { kubeconfig: '/k', nodeName: 'n', agentSocket: '/run/admin.sock' });
    expect(socket('/run/three.sock')).toBe(false);
    dir.write('node.json', { kubeconfig: '/k', nodeName: 'n' });
    expect(socket('/run/three.sock')).toBe(true);
    expect(keepAgentKeys(nodeFile, { set: {} })).toBe(true);
    expect(dir.read('node.json')).toEqual({ kubeconfig: '/k', nodeName: 'n' });
  });

  it('names no socket without a cluster: addresses are in files then', () => {
    const otherwise = { agentSocket: '/run/one.sock' };
    expect(keepAgentKeys(nodeFile, { set: {}, otherwise })).toBe(false);
    dir.write('node.json', { kubeconfig: '/k', nodeName: 'n' });
    keepAgentKeys(nodeFile, { set: {}, otherwise });
    dir.write('node.json', otherwise);
    expect(keepAgentKeys(nodeFile, { set: {}, otherwise })).toBe(true);
    expect(dir.read('node.json')).toEqual({});
  });

  it('keeps what it has while it is not known what that is to be', () => {
    keepAgentKeys(nodeFile, { set: { bridge: 'br-one' } });
    expect(keepAgentKeys(nodeFile, { set: {}, unknown: ['bridge', 'allowedVLANs'] })).toBe(false);
    expect(dir.read('node.json')).toEqual({ mtu: 9000, bridge: 'br-one' });
    expect(keepAgentKeys(nodeFile, { set: {} })).toBe(true);
    expect(dir.read('node.json')).toEqual({ mtu: 9000, bridge: 'br-admin' });
  });

  it('is the same after a kill between what is written down and what is done', () => {
    keepAgentKeys(nodeFile, { set: { bridge: 'br-one' } });
    keepAgentKeys(nodeFile, { set: { bridge: 'br-two' } });
    dir.write('node.json', { mtu: 9000, bridge: 'br-one' });
    keepAgentKeys(nodeFile, { set: { bridge: 'br-three' } });
    expect(JSON.parse(withoutAgentKeys(nodeFile, recorded()) ?? '')).toEqual({ mtu: 9000, bridge: 'br-admin' });
  });

  it('is left alone where nothing is installed, and where it would not be valid', () => {
    const broken = (): unknown => keepAgentKeys(nodeFile, { set: { bridge: 'no bridge' } });
    expect(failureOf(broken)).toMatch(/^config: Node file .*bridge/);
    writeRecord(join(dir.path, 'install.json'), { ...installed, current: undefined });
    expect(keepAgentKeys(nodeFile, { set: { bridge: 'br-one' } })).toBe(false);
    expect(dir.read('node.json')).toEqual({ mtu: 9000, bridge: 'br-admin' });
    expect(withoutAgentKeys(nodeFile, recorded())).toBeUndefined();
  });
});
