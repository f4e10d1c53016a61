import { adoptedCondition } from '../../ipam/kubernetes/adoption.ts';
import type { JsonObject } from '../../system/json-object.ts';
import type { Condition } from './conditions.ts';

export interface PoolEvent {
  readonly type: 'Warning' | 'Normal';
  readonly reason: string;
  readonly note: string;
}

/** What is worth an Event between two sets of conditions of a pool: one that holds now, or holds no more. */
export function transitionsOf(before: readonly JsonObject[], after: readonly Condition[]): readonly PoolEvent[] {
  return after.flatMap((condition): PoolEvent[] => {
    const held = before.find(({ type }) => type === condition.type)?.['status'] === 'True';
    const holds = condition.status === 'True';
    if (held === holds || condition.type === adoptedCondition) return [];
    const note = condition.message;
    if (holds) return [{ type: 'Warning', reason: condition.type, note }];
    return [{ type: 'Normal', reason: condition.reason, note }];
  });
}
