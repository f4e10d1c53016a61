import { describe, expect, it } from 'vitest';
import { moveJournal, type Move } from '../../../src/agent/move/journal.ts';

const move: Move = {
  id: 'a',
  phase: 'moving',
  bridge: 'br1',
  name: 'eth1',
  index: 3,
  portIndex: 0,
  mac: '02:00:00:00:00:01',
  mtu: 1500,
  acceptRA: '1',
  addressing: { addresses: ['10.0.0.5/24'], routes: [{ family: 4, words: 'default via 10.0.0.1' }] },
  servers: [{ host: '10.0.0.1', port: 6443 }],
  deadline: 5,
  boot: 'b',
};

function memory(content?: string) {
  let bytes = content === undefined ? undefined : Buffer.from(content);
  return {
    readIfThere: () => bytes,
    replace: (_: string, text: string) => void (bytes = Buffer.from(text)),
    remove: () => void (bytes = undefined),
  };
}

describe('the journal of a move', () => {
  it('gives back what was written, and nothing once it is removed', () => {
    const journal = moveJournal(memory(), '/move.json');
    journal.write(move);
    expect(journal.read()).toMatchObject(move);
    journal.remove();
    expect(journal.read()).toBeUndefined();
  });

  it.each([['{'], ['[]'], ['{"version":2}'], [JSON.stringify({ ...move, version: 1, index: 'eth1' })]])(
    'that is damaged, %.40s, is none: the bridge tells then',
    (text) => {
      expect(moveJournal(memory(text), '/move.json').read()).toBeUndefined();
    },
  );
});
