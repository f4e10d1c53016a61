import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { protocolVersion } from '../../src/agent-protocol/protocol.ts';
import { releaseOrLeave, type Leaving } from '../../src/plugin/left-to-agent.ts';
import { Failure } from '../../src/system/failure.ts';
import type { JournalEntry } from '../../src/system/journal.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
let socket = '';
beforeEach(async () => {
  socket = join((await resources.use(makeTempDir('left'))).path, 'agent.sock');
});
afterEach(resources.release);

/** As much of an agent as says whose it is. */
async function startAgent(node: string): Promise<void> {
  const server = createServer((connection) => {
    connection.on('data', () => connection.write(`${JSON.stringify({ v: protocolVersion, id: 1, node })}\n`));
    connection.on('error', () => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  resources.defer(() => server.close());
}

const entry: JournalEntry = {
  containerID: 'c1',
  ifname: 'net1',
  network: 'blue',
  netns: '',
  hostInterface: '',
  pools: ['a'],
  addresses: [],
  confirmed: true,
};
const away = new Failure('unavailable', 'no API server');

function call(): Leaving {
  return {
    settings: { nodeName: 'node-1', store: { kind: 'kubernetes', kubeconfig: '/x', agentSocket: socket } },
    log: () => {},
  };
}

async function release(error: Error | undefined, known: JournalEntry | undefined = entry, context = call()) {
  return releaseOrLeave(context, known, async () => {
    if (error !== undefined) throw error;
  });
}

describe('addresses whose store is away', () => {
  it('are left to the agent of this Node', async () => {
    await startAgent('node-1');
    expect(await release(away)).toBe(true);
  });

  it('are not left when they are released', async () => {
    await startAgent('node-1');
    expect(await release(undefined)).toBe(false);
  });

  it('are not left to nobody', async () => {
    await expect(release(away)).rejects.toBe(away);
  });

  it('are not left to the agent of another Node', async () => {
    await startAgent('node-2');
    await expect(release(away)).rejects.toBe(away);
  });

  it('are not left when the journal does not know them', async () => {
    await startAgent('node-1');
    await expect(releaseOrLeave(call(), undefined, () => Promise.reject(away))).rejects.toBe(away);
  });

  it('are not left when another plugin gave them', async () => {
    await startAgent('node-1');
    await expect(release(away, { ...entry, ipam: { type: 'host-local' } })).rejects.toBe(away);
    await expect(release(away, { ...entry, pools: [] })).rejects.toBe(away);
  });

  it('are not left when that is not the reason', async () => {
    await startAgent('node-1');
    const other = new Failure('wiring', 'the link is there');
    await expect(release(other)).rejects.toBe(other);
  });
});
