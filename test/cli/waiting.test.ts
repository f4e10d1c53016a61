import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { announced } from '../../src/cli/waiting.ts';
import type { KubeAnswer, KubeClient } from '../../src/kube/client.ts';

const request = { method: 'GET', path: '/version' } as const;

let said = '';
const terminal = {
  err: (text: string): void => {
    said += text;
  },
};
beforeEach(() => {
  vi.useFakeTimers();
  said = '';
});
afterEach(() => void vi.useRealTimers());

describe('somebody who waits for the API server', () => {
  it('is told so on stderr after a second, once', async () => {
    const client = answering(4000);
    for (let count = 0; count < 2; count += 1) {
      const answer = client.send(request);
      await vi.advanceTimersByTimeAsync(999);
      if (count === 0) expect(said).toBe('');
      await vi.advanceTimersByTimeAsync(3001);
      expect((await answer).status).toBe(200);
      expect(said).toBe('waiting for the API server https://192.0.2.1:6443, up to 5 s\n');
    }
  });

  it('hears nothing of answers that come soon', async () => {
    const answer = answering(900).send(request);
    await vi.advanceTimersByTimeAsync(900);
    await answer;
    await vi.advanceTimersByTimeAsync(5000);
    expect(said).toBe('');
  });
});

function answering(milliseconds: number): KubeClient {
  const plain: KubeClient = {
    send: async () =>
      new Promise<KubeAnswer>((resolve) => {
        setTimeout(() => resolve({ status: 200, body: {}, uncertain: false }), milliseconds);
      }),
    server: 'https://192.0.2.1:6443',
    close: () => {},
  };
  return announced(plain, { terminal, limit: 5000 });
}
