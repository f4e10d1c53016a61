import type { LabelSelector } from './selector.ts';

/**
 * Whether an object with these labels is selected. An absent label is not in any list, so `NotIn` selects it.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function selects(selector: LabelSelector, labels: ReadonlyMap<string, string>): boolean {
  const equal = selector.matchLabels.every(({ key, value }) => labels.get(key) === value);
  return equal && selector.matchExpressions.every((expression) => holds(expression, labels.get(expression.key)));
}

function holds({ operator, values }: LabelSelector['matchExpressions'][number], label: string | undefined): boolean {
  const isListed = label !== undefined && values.includes(label);
  const answers = { In: isListed, NotIn: !isListed, Exists: label !== undefined, DoesNotExist: label === undefined };
  return answers[operator];
}
