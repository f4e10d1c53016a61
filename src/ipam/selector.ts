import { Failure } from '../system/failure.ts';
import { fieldOf, isAbsent, itemsOf, malformed, objectOf, refuseUnknownKeys, textOf } from './manifest.ts';
import type { Field } from './manifest.ts';

/** A Kubernetes label selector, checked; an empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels: readonly { readonly key: string; readonly value: string }[];
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: Operator;
    readonly values: readonly string[];
  }[];
}

type Operator = (typeof OPERATORS)[number];

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;
const MAX_TERMS = 64;

/**
 * @throws Failure `config` naming the key. Unknown keys are refused even in a stored pool: a term
 * that is ignored would open the pool to namespaces that it was meant to keep out.
 */
export function readSelector(field: Field): LabelSelector {
  refuseUnknownKeys(field, ['matchLabels', 'matchExpressions']);
  const labels = fieldOf(field, 'matchLabels');
  const expressions = fieldOf(field, 'matchExpressions');
  return {
    matchLabels: isAbsent(labels) ? [] : readLabels(labels),
    matchExpressions: isAbsent(expressions) ? [] : itemsOf(expressions, MAX_TERMS).map(readExpression),
  };
}

function readLabels(field: Field): LabelSelector['matchLabels'] {
  const keys = Object.keys(objectOf(field, 'an object of labels'));
  if (keys.length > MAX_TERMS)
    throw new Failure('config', `${field.path} has ${keys.length} labels: at most ${MAX_TERMS} are accepted`);
  return keys.map((key) => ({ key, value: textOf(fieldOf(field, key), 'a string') }));
}

function readExpression(field: Field): LabelSelector['matchExpressions'][number] {
  refuseUnknownKeys(field, ['key', 'operator', 'values']);
  const operatorField = fieldOf(field, 'operator');
  const operator = OPERATORS.find((known) => known === operatorField.value);
  if (operator === undefined) throw malformed(operatorField, `one of ${OPERATORS.join(', ')}`);
  const valuesField = fieldOf(field, 'values');
  const values = isAbsent(valuesField) ? [] : itemsOf(valuesField, MAX_TERMS).map((value) => textOf(value, 'a string'));
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues !== values.length > 0)
    throw malformed(
      valuesField,
      wantsValues ? `a list that is not empty, as operator is ${operator}` : `no values, as operator is ${operator}`,
    );
  return { key: textOf(fieldOf(field, 'key'), 'a label key'), operator, values };
}
