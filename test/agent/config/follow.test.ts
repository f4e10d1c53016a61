import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followFile } from '../../../src/agent/config/follow.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function following(text: string) {
  const stopping = new AbortController();
  const counted: string[] = [];
  const said: string[] = [];
  let content = text;
  const followed = followFile({
    path: '/etc/antrea-agent.conf',
    files: { read: () => Buffer.from(content) },
    log: (_level, message) => said.push(message),
    count: (outcome) => counted.push(outcome),
    signal: stopping.signal,
  });
  return {
    followed,
    counted,
    said,
    stop: () => stopping.abort(),
    write: async (next: string): Promise<void> => {
      content = next;
      await vi.advanceTimersByTimeAsync(3000);
    },
  };
}

it('the file is followed as it changes; what says the same is no change', async () => {
  const { followed, counted, write, stop } = following('agentSocket: /run/a/s');
  await write('# the same\nagentSocket: /run/a/s');
  expect(counted).toStrictEqual([]);
  await write('agentSocket: /run/b/s');
  expect(followed.get().agentSocket).toBe('/run/b/s');
  expect(counted).toStrictEqual(['applied']);
  stop();
});

it('a file that is refused changes nothing, is told once, and is forgotten when it is right again', async () => {
  const { followed, counted, write, stop } = following('agentSocket: /run/a/s');
  await write('agentSocket: 7');
  expect(followed.get().agentSocket).toBe('/run/a/s');
  expect(followed.complaint()).toContain('agentSocket');
  expect(counted).toStrictEqual(['refused']);
  await write('agentSocket: /run/a/s');
  expect(followed.complaint()).toBeUndefined();
  stop();
});

it('a key that is read once is told to hold after a restart', async () => {
  const { said, write, stop } = following('dataDir: /var/lib/a');
  await write('dataDir: /var/lib/b');
  expect(said).toContain('these keys have changed: they hold after a restart of the agent');
  stop();
});

it('a file that is refused at first is no beginning', () => {
  expect(() => following('agentSocket: 7')).toThrow('agentSocket');
});
