import { describe, expect, it } from 'vitest';
import { holderFindings } from '../../../src/cli/explain/holder.ts';
import type { ControllerLife, Life, NodeLife, PodLife } from '../../../src/cli/explain/life.ts';
import type { Allocation, Owner } from '../../../src/ipam/store.ts';
import { address, owner } from '../../ipam/sample.ts';
import { openDesk } from '../command-line.ts';

const now = new Date('2026-01-02T12:00:00Z');
const since = '2026-01-02T09:00:00Z';
const alive = { kind: 'alive' } as const;
const silent = (object: 'there' | 'deleted' | 'out of service'): NodeLife => ({ kind: 'silent', since, object });

interface Case {
  readonly pod?: PodLife;
  readonly node?: NodeLife;
  readonly controller?: ControllerLife;
  readonly of?: Partial<Owner['pod']>;
  readonly state: string;
  readonly says: string;
}

describe('what will free an address', () => {
  it.each<Case>([
    {
      pod: { kind: 'alive', phase: 'Running', deleting: false },
      state: 'ok',
      says: 'lives (Running): DEL frees the address when it ends, or else the agent of its Node',
    },
    { pod: { kind: 'alive', phase: 'Running', deleting: true }, state: 'ok', says: 'is being deleted: DEL frees' },
    {
      pod: { kind: 'ended', phase: 'Failed' },
      state: 'warn',
      says: 'or else the agent of its Node; the controller does not',
    },
    {
      pod: { kind: 'unnamed' },
      state: 'ok',
      says: 'DEL frees it, or the agent of its Node, if something else there still tells of it; never the',
    },
    { pod: { kind: 'unknown', reason: 'it is forbidden' }, state: 'warn', says: 'cannot be told: it is forbidden' },
    {
      state: 'warn',
      says: 'DEL frees it, or else the agent of its Node when the sandbox is gone, or else the controller when it has seen that for --cleanup-grace (10m)',
    },
    { node: { kind: 'unnamed' }, state: 'warn', says: '--lost-node-after (24h), as no Node is told' },
    { node: silent('there'), state: 'warn', says: 'longer than --lost-node-after (24h; 3h of silence so far)' },
    {
      node: { kind: 'silent', since: '', object: 'there' },
      state: 'warn',
      says: 'longer than --lost-node-after (24h; it has no Lease)',
    },
    { node: silent('deleted'), state: 'warn', says: 'its Node is deleted: the controller frees it' },
    { node: silent('out of service'), state: 'warn', says: 'its Node is out of service: the controller frees it' },
    {
      controller: { kind: 'absent' },
      state: 'fail',
      says: 'no controller runs: only DEL, GC or the agent of its Node',
    },
    {
      controller: { kind: 'absent' },
      node: silent('there'),
      state: 'fail',
      says: 'so nobody frees it until that is back',
    },
    {
      of: { uid: '' },
      state: 'fail',
      says: 'its UID was never told: DEL or the agent of its Node can free it, the controller does not',
    },
  ])('$says', (wanted) => {
    const { pod = { kind: 'gone', another: false }, node = alive, controller = alive, of = {}, state, says } = wanted;
    const findings = holderFindings(holding(of), { pod, node, controller }, now);
    const finding = findings.find(({ name }) => name === 'holder');
    expect(finding).toMatchObject({ state, message: expect.stringContaining(says) as unknown });
    if (state !== 'ok') expect(finding?.advice).toBeTruthy();
  });

  it.each(['--cleanup-grace', '--lost-node-after'])(
    'names the default of %s as the controller has it',
    async (option) => {
      const desk = openDesk();
      const { stdout } = await desk.antrea(['controller', '--help']);
      desk.clear();
      const [, byDefault] = new RegExp(`${option} <time>[^(]*\\(default:\\s+(\\w+)\\)`, 'u').exec(stdout) ?? [];
      const lives: readonly Life[] = [
        { pod: { kind: 'gone', another: false }, node: alive, controller: alive },
        { pod: { kind: 'gone', another: false }, node: silent('there'), controller: alive },
      ];
      const said = lives.flatMap((life) => holderFindings(holding({}), life, now)).map(({ message }) => message);
      expect(said.join()).toContain(`${option} (${byDefault}`);
    },
  );

  it('says how long it is held, and by whom', () => {
    const [held] = holderFindings(holding({}), undefined, now);
    expect(held?.message).toBe(
      'of pool a, held for 3h by Pod default/pod-c1 (interface net1 of container c1, network vlan100, Node node-1)',
    );
  });

  it('is nothing while it is kept for somebody who does not run', () => {
    const { allocation } = holding({});
    const findings = holderFindings({ allocation: { ...allocation, phase: 'Reserved' }, since }, undefined, now);
    expect(findings.map(({ state, message }) => `${state} ${message}`).at(-1)).toContain('ok does not run now');
  });
});

function holding(of: Partial<Owner['pod']>): { readonly allocation: Allocation; readonly since: string } {
  const whole = owner('c1');
  const held = { ...whole, pod: { ...whole.pod, ...of } };
  const facts = { pool: 'a', poolUID: 'p', phase: 'Allocated', version: 'v' } as const;
  return { allocation: { ...facts, address: address('10.0.0.5'), owner: held }, since };
}
