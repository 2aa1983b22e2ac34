/** The operators that the output of a network depends on. */
import { MasksearchError } from '../../../core/error.ts';
import { damagedFile } from '../../arrays/array.ts';
import { shown } from '../../safetensors/header.ts';
import { isQuantized } from '../constants.ts';
import type { TfliteModel, TfliteOperator } from '../decode.ts';
import { FIX } from '../errors.ts';

/** Operators whose first input alone decides their output: the shape that they give is in the file. */
const SHAPED = new Set(['RESHAPE', 'EXPAND_DIMS', 'SQUEEZE']);

/** Indices of the tensors that an operator computes with. */
export const readBy = ({ name, inputs }: TfliteOperator): readonly number[] =>
  SHAPED.has(name) ? inputs.slice(0, 1) : inputs;

/** In the order of the file, which is that of their execution. Throws 'bad-input' for a tensor that two give. */
export function reachedOperators(model: TfliteModel): readonly TfliteOperator[] {
  const producers = new Map<number, TfliteOperator>();
  for (const operator of model.operators) {
    for (const output of operator.outputs) {
      if (producers.has(output))
        throw damagedFile(`two operators give tensor ${shown(model.tensors[output]!.name)}`);
      producers.set(output, operator);
    }
  }
  const reached = new Set<TfliteOperator>();
  const open = [...model.outputs];
  while (open.length > 0) {
    const operator = producers.get(open.pop()!);
    if (!operator || reached.has(operator)) continue;
    reached.add(operator);
    open.push(...readBy(operator));
  }
  return model.operators.filter((operator) => reached.has(operator));
}

/** Operators in a message. */
const MAX_NAMED = 4;

/** All operators at once that no network here has, and those that compute with whole numbers. Throws 'bad-input' for any. */
export function checkOperators(
  operators: readonly TfliteOperator[],
  model: TfliteModel,
  known: ReadonlySet<string>,
): void {
  const unknown = operators.filter(({ name }) => !known.has(name));
  if (unknown.length > 0)
    throw new MasksearchError(
      'bad-input',
      `the network has operators that are not supported: ${counted(unknown, model)}`,
      FIX,
    );
  const isWhole = (index: number) => {
    const tensor = model.tensors[index];
    return tensor !== undefined && !tensor.data && isQuantized(tensor);
  };
  // Numbers at the input may be bytes, and quantising what is dequantised next computes nothing.
  const quantized = operators.filter(
    ({ name, inputs, outputs }) =>
      name !== 'QUANTIZE' && name !== 'DEQUANTIZE' && [...inputs, ...outputs].some(isWhole),
  );
  if (quantized.length === 0) return;
  const first = quantized[0]!;
  const { type } = model.tensors[[...first.outputs, ...first.inputs].find(isWhole)!]!;
  throw new MasksearchError(
    'bad-input',
    `the network computes with activations of ${type}: ${counted(quantized, model)}`,
    'convert it with float activations: as float32, float16 or with dynamic range quantization',
  );
}

/** "CONV_2D (9, the first is "x"), ADD (3, …)", the most frequent first. */
function counted(operators: readonly TfliteOperator[], { tensors }: TfliteModel): string {
  const found = new Map<string, { count: number; first: TfliteOperator }>();
  for (const operator of operators) {
    const entry = found.get(operator.name);
    found.set(operator.name, { count: (entry?.count ?? 0) + 1, first: entry?.first ?? operator });
  }
  const ordered = [...found].sort(([, a], [, b]) => b.count - a.count);
  const texts = ordered.slice(0, MAX_NAMED).map(([name, { count, first }]) => {
    const where = tensors[first.outputs[0] ?? -1]?.name ?? '';
    return `${shown(name).slice(1, -1)} (${count}, the first gives ${shown(where)})`;
  });
  const more = ordered.length > MAX_NAMED ? ` and ${ordered.length - MAX_NAMED} more` : '';
  return `${texts.join(', ')}${more}`;
}
