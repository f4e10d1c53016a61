import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultNodeFile } from '../../src/config/node-file-path.ts';
import { readNodeFile } from '../../src/config/node-file.ts';
import { objectsIn, parseJson } from '../fixture/json.ts';
import { failureOf } from '../failure-of.ts';

const missing = (): Buffer => {
  throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
};
const denied = (): Buffer => {
  throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
};
const read = (content: object | string) =>
  readNodeFile({ read: () => Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)) }, '/n.json');

const defaults = {
  bridge: 'br-secondary',
  bridges: [],
  allowedVLANs: undefined,
  allowedTrunks: undefined,
  allowPaths: false,
  allowedPlugins: ['bridge', 'macvlan', 'ipvlan', 'host-device', 'static', 'host-local', 'dhcp'],
  ovsdb: 'unix:/var/run/openvswitch/db.sock',
  ovsDriver: 'ovsdb',
  store: { kind: 'file' },
  dataDir: '/var/lib/cni/antrea',
  nodeName: '',
  mtu: 1500,
  timeoutSeconds: 60,
  logFile: undefined,
  logLevel: 'warn',
};

describe('the Node file', () => {
  it.each([undefined, ''])('that nobody names (%j) may be missing: then there are defaults', (named) => {
    expect(readNodeFile({ read: missing }, named)).toStrictEqual(defaults);
  });

  it('that is named must be there', () => {
    expect(failureOf(() => readNodeFile({ read: missing }, '/n.json'))).toMatch(/^config: the Node file \/n\.json/u);
    expect(failureOf(() => readNodeFile({ read: missing }, defaultNodeFile))).toMatch(/^config: /u);
  });

  it('that cannot be read for another reason is an error, even if nobody names it', () => {
    expect(failureOf(() => readNodeFile({ read: denied }, undefined))).toMatch(/^config: .*EACCES/u);
  });

  it('decides every setting', () => {
    const content = {
      version: 1,
      bridge: 'br0',
      bridges: ['br1'],
      allowedVLANs: ['1-2'],
      allowedTrunks: ['3'],
      allowPaths: true,
      allowedPlugins: ['macvlan'],
      ovsdb: 'unix:/x.sock',
      ovsDriver: 'ovs-vsctl',
      store: 'kubernetes',
      kubeconfig: '/k.json',
      agentSocket: '/a.sock',
      dataDir: '/d',
      nodeName: 'node-1.example',
      mtu: 9000,
      timeoutSeconds: 5,
      logFile: '/l',
      logLevel: 'debug',
    };
    const { version: _, kubeconfig, agentSocket, ...settings } = content;
    expect(read(content)).toStrictEqual({
      ...settings,
      store: { kind: 'kubernetes', kubeconfig, agentSocket },
      allowedVLANs: [{ first: 1, last: 2 }],
      allowedTrunks: [{ first: 3, last: 3 }],
    });
    expect(Object.keys(content).toSorted()).toStrictEqual(keysOfSchema().toSorted());
  });

  it('means the cluster when it names a kubeconfig', () => {
    expect(read({ kubeconfig: '/k', nodeName: 'n' }).store).toStrictEqual({
      kind: 'kubernetes',
      kubeconfig: '/k',
      agentSocket: undefined,
    });
  });

  it('allows trunks what it allows access ports, unless it says more; and logs more into a file', () => {
    expect(read({ allowedVLANs: ['5'] }).allowedTrunks).toStrictEqual([{ first: 5, last: 5 }]);
    expect(read({ allowedVLANs: ['5'], allowedTrunks: [] }).allowedTrunks).toStrictEqual([]);
    expect(read({ logFile: '/l' }).logLevel).toBe('info');
  });

  it.each([
    ['{', 'decode: Node file /n.json is not JSON'],
    [{ bridgee: 'x' }, 'config: Node file /n.json: the key bridgee is unknown'],
    [{ version: 2 }, 'unsupported: Node file /n.json: version 2'],
    [{ bridge: '' }, 'config: Node file /n.json: bridge ""'],
    [{ bridge: 'a b' }, 'config: Node file /n.json: bridge "a b"'],
    [{ bridge: 'x'.repeat(16) }, 'config: Node file /n.json: bridge'],
    [{ bridge: '--help' }, 'config: Node file /n.json: bridge'],
    [{ allowedVLANs: ['5-3'] }, 'config: Node file /n.json: allowedVLANs has "5-3"'],
    [{ allowedVLANs: [5] }, 'config: Node file /n.json: allowedVLANs[0] 5'],
    [{ allowedVLANs: ['-1'] }, 'config: Node file /n.json: allowedVLANs[0] "-1"'],
    [{ ovsdb: 'tcp:1.2.3.4:6640' }, 'config: Node file /n.json: ovsdb'],
    [{ agentSocket: '/run/a.sock' }, 'config: Node file /n.json: agentSocket is given, and kubeconfig is not'],
    [{ agentSocket: 'a.sock', kubeconfig: '/k', nodeName: 'n' }, 'config: Node file /n.json: agentSocket "a.sock"'],
    [{ store: 'etcd' }, 'unsupported: Node file /n.json: store "etcd"'],
    [{ store: 'kubernetes', nodeName: 'n' }, 'config: Node file /n.json: kubeconfig is missing'],
    [{ store: 'file', nodeName: 'n', kubeconfig: '/k' }, 'config: Node file /n.json: kubeconfig is given'],
    [{ kubeconfig: '/k' }, 'config: Node file /n.json: nodeName is missing'],
    [{ kubeconfig: 'k', nodeName: 'n' }, 'config: Node file /n.json: kubeconfig "k"'],
    [{ dataDir: 'd' }, 'config: Node file /n.json: dataDir'],
    [{ mtu: 67 }, 'unsupported: Node file /n.json: mtu 67'],
    [{ timeoutSeconds: 0 }, 'unsupported: Node file /n.json: timeoutSeconds 0'],
    [{ logLevel: 'loud' }, 'unsupported: Node file /n.json: logLevel "loud"'],
  ])('%j is refused', (content, says) => {
    expect(failureOf(() => read(content))).toContain(says);
  });
});

it('the defaults that the schema describes are the ones that there are', () => {
  const [properties = {}] = schemaProperties();
  for (const [key, value] of Object.entries(properties)) {
    const [property = {}] = objectsIn([value]);
    const actual = { version: 1, ...read({}) };
    if (Object.hasOwn(property, 'default')) expect(actual).toHaveProperty(key, property['default']);
  }
});

function keysOfSchema(): readonly string[] {
  return schemaProperties().flatMap(Object.keys);
}

function schemaProperties() {
  const schema = objectsIn([parseJson(readFileSync('schemas/node-file.schema.json', 'utf8'))]);
  return objectsIn(schema.map((one) => one['properties']));
}
