import { expect, it } from 'vitest';
import { sayingNoAnswer } from '../../src/agent-protocol/no-answer.ts';

it('an agent that does not answer is told in the log with its socket, and why', () => {
  const said: unknown[] = [];
  sayingNoAnswer((...line) => said.push(line), { path: '/run/agent.sock' })('ENOENT');
  const message = 'the agent does not answer: the API server is asked itself';
  expect(said).toStrictEqual([['info', message, { reason: 'ENOENT', socket: '/run/agent.sock' }]]);
});
