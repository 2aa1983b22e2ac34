/** What each operator of a graph is done by. */
import { MasksearchError } from '../../../core/error.ts';
import { shown } from '../../safetensors/header.ts';
import type { OnnxNode } from '../messages.ts';
import type { Call } from './call.ts';
import { called, nameOf, operatorOf } from './errors.ts';
import { FOLDINGS, isFoldable, shapeOperator, sizeOperator } from './values/folding.ts';
import { OPERATORS } from './operators/index.ts';
import type { Value } from './values/value.ts';

const KNOWN = new Set(['Constant', 'Shape', 'Size', ...Object.keys(OPERATORS), ...Object.keys(FOLDINGS)]);
/** Operators in a message. */
const MAX_NAMED = 4;
const FIX = 'see docs/onnx.md for what is supported';

/** All operators at once that no network here has, the most frequent first. */
export function checkOperators(nodes: readonly OnnxNode[]): void {
  const found = new Map<string, { count: number; first: OnnxNode }>();
  for (const node of nodes) {
    if (node.domain === '' && KNOWN.has(node.operator)) continue;
    const name = operatorOf(node);
    const entry = found.get(name);
    found.set(name, { count: (entry?.count ?? 0) + 1, first: entry?.first ?? node });
  }
  if (found.size === 0) return;
  const ordered = [...found].sort(([, a], [, b]) => b.count - a.count);
  const texts = ordered
    .slice(0, MAX_NAMED)
    .map(
      ([name, { count, first }]) =>
        `${shown(name).slice(1, -1)} (${count}, the first is ${shown(nameOf(first))})`,
    );
  const more = ordered.length > MAX_NAMED ? ` and ${ordered.length - MAX_NAMED} more` : '';
  throw new MasksearchError(
    'bad-input',
    `the network has operators that are not supported: ${texts.join(', ')}${more}`,
    FIX,
  );
}

/** What is computed now if all inputs are known, and by a node of the network if not. */
export function operation({ onnx, inputs }: Call): (call: Call) => Value {
  const { operator } = onnx;
  if (operator === 'Shape') return shapeOperator;
  if (operator === 'Size') return sizeOperator;
  const folding = Object.hasOwn(FOLDINGS, operator) ? FOLDINGS[operator] : undefined;
  if (folding && isFoldable({ inputs })) return folding;
  const found = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (found) return found;
  throw new MasksearchError('bad-input', `${called(onnx)} is supported for constants alone`, FIX);
}
