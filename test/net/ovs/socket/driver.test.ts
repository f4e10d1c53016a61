import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { OvsUnreachable } from '../../../../src/net/ovs/failures.ts';
import { socketDriver } from '../../../../src/net/ovs/socket/driver.ts';
import { pause } from '../../../../src/system/time.ts';
import { rejectionOf } from '../../../failure-of.ts';
import { createResources } from '../../../fixture/resources.ts';
import { makeTempDir } from '../../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

/** An ovsdb-server that does as it is told, and the driver that asks it. */
async function drive(onRequest: (connection: Socket, request: string) => void, timeout = () => 5000) {
  const folder = await resources.use(makeTempDir('ovsdb'));
  const path = join(folder.path, 'db.sock');
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => {});
    connection.on('data', (bytes) => onRequest(connection, bytes.toString()));
  }).listen(path);
  await once(server, 'listening');
  resources.defer(() => {
    for (const connection of connections) connection.destroy();
    server.close();
  });
  return driverOf(path, timeout);
}

function driverOf(path: string, timeout = () => 5000) {
  return socketDriver({ database: `unix:${path}`, timeout, remaining: () => 60_000 });
}

const found = JSON.stringify({ id: 0, error: null, result: [{ rows: [{ name: 'br0' }] }] });

describe('ovsdb-server', () => {
  it('is not there: nothing was changed', async () => {
    const refused = driverOf('/nonexistent/db.sock').bridgeExists('br0');
    await expect(refused).rejects.toBeInstanceOf(OvsUnreachable);
    expect(await rejectionOf(driverOf('/nonexistent/db.sock').bridgeExists('br0'))).toBe(
      "unavailable: Open vSwitch's database cannot be reached at unix:/nonexistent/db.sock",
    );
  });

  it('answers in many pieces', async () => {
    const driver = await drive((connection) => {
      connection.setNoDelay();
      for (const byte of found) connection.write(byte);
    });
    expect(await driver.bridgeExists('br0')).toBe(true);
  });

  it('asks whether we are there before it answers', async () => {
    const requests: unknown[] = [];
    const driver = await drive((connection, request) => {
      requests.push(JSON.parse(request));
      connection.write(requests.length === 1 ? JSON.stringify({ method: 'echo', id: 'echo', params: [1] }) : found);
    });
    expect(await driver.bridgeExists('br0')).toBe(true);
    expect(requests.at(-1)).toStrictEqual({ id: 'echo', result: [1], error: null });
  });

  it.each<{ does: string; act: (connection: Socket) => void; says: string }>([
    {
      does: 'closes the connection in the middle of an answer',
      act: (connection) => connection.end(found.slice(0, 20)),
      says: 'broke off',
    },
    { does: 'sends something else', act: (connection) => connection.write('{"what is this}" }'), says: 'broke off' },
    { does: 'refuses the request', act: (connection) => connection.write('{"id":0,"error":"no"}'), says: 'broke off' },
    {
      does: 'refuses the transaction',
      act: (connection) => connection.write('{"id":0,"result":[{"error":"not allowed","details":"by role"}]}'),
      says: 'wiring: Open vSwitch: not allowed: by role',
    },
  ])('$does', async ({ act, says }) => {
    const driver = await drive(act);
    expect(await rejectionOf(driver.bridgeExists('br0'))).toContain(says);
  });

  it('says nothing', async () => {
    const driver = await drive(
      () => {},
      () => 50,
    );
    expect(await rejectionOf(driver.bridgeExists('br0'))).toMatch(/^unavailable: Open vSwitch does not answer at /u);
  });

  it('is given more time when more callers have come', async () => {
    let granted = 0;
    const connections: Socket[] = [];
    const driver = await drive(
      (connection) => connections.push(connection),
      () => {
        if (granted > 0) connections[0]?.write(found);
        granted += 1;
        return granted === 1 ? 50 : 5000;
      },
    );
    expect(await driver.bridgeExists('br0')).toBe(true);
  });
});

describe('ports that are known late', () => {
  it('are added over a new connection, after another look at the bridge', async () => {
    const answers = [
      [{ rows: [{ name: 'br0' }] }],
      [{}, { uuid: ['uuid', 'x'] }, {}, {}],
      [{}, { rows: [{ error: '' }] }],
    ];
    const seen = new Map<Socket, number>();
    const driver = await drive((connection) => {
      const nth = seen.get(connection) ?? 0;
      seen.set(connection, nth + 1);
      connection.write(JSON.stringify({ id: 0, error: null, result: answers[nth] }));
    });
    await driver.addPorts({
      bridges: ['br0'],
      ports: async () => {
        // As another plugin's IPAM does: meanwhile nothing can be answered.
        pause(1050);
        return [{ name: 'av1', bridge: 'br0', vlans: { mode: 'access', tag: 1 }, owner }];
      },
    });
    expect([...seen.values()]).toStrictEqual([1, 3]);
  });

  it('and are not wanted then, are asked of nobody', async () => {
    const requests: string[] = [];
    const driver = await drive((connection, request) => {
      requests.push(request);
      connection.write(found);
    });
    const added = driver.addPorts({ bridges: ['br0'], ports: () => Promise.reject(new Error('not wanted')) });
    await expect(added).rejects.toThrow('not wanted');
    expect(requests).toHaveLength(1);
  });
});

const owner = {
  containerID: 'c1',
  ifname: 'net1',
  network: 'n',
  podNamespace: '',
  podName: '',
  netns: '/x',
  mac: '',
  addresses: '',
};
