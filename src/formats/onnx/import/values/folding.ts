/** Operators on constants, which are computed once: shapes that exporters compute in the graph, and weights that they prepare there. */
import type { Numbers } from '../../../arrays/array.ts';
import { attribute, axisOf, constant, integers, type Call } from '../call.ts';
import { isWholeType } from '../../element-types.ts';
import { invalid, unsupported } from '../errors.ts';
import { broadcast, fitsInto, type Moved } from './layout.ts';
import { gather, slice, VIEWS, type View } from './views.ts';
import { composed, isConstant, sizeOf, type Constant } from './value.ts';
import { shapeText } from '../../../../network/shapes.ts';

type Folding = (call: Call) => Constant;

/** Elements of a constant that is computed, at the most. Weights are only moved, those here are shapes and the like. */
const MAX_COMPUTED = 2 ** 20;

const inputOf = (call: Call, index: number): Constant => {
  const value = constant(call, index, 'inputs');
  if (value) return value;
  throw unsupported(call.onnx, `has no input ${index}`);
};

/** Moves numbers, which keep their place in the file; those that `mayRepeat` do so only if each has a place of its own. */
function moved(value: Constant, { shape, source }: Moved, mayRepeat = false): Constant {
  if (!source) return { ...value, shape };
  const numbers = taken(value.numbers, source);
  const { origin } = value;
  if (!origin || (mayRepeat && repeats(source, value.numbers.length)))
    return { ...value, shape, numbers, origin: undefined };
  const order = composed(origin.order, source);
  return { ...value, shape, numbers, origin: { ...origin, order } };
}

/** Whether two numbers come from the same place, which then cannot hold one of them alone. */
function repeats(source: Uint32Array, length: number): boolean {
  const isTaken = new Uint8Array(length);
  for (const from of source) {
    if (isTaken[from] === 1) return true;
    isTaken[from] = 1;
  }
  return false;
}

function taken(numbers: Numbers, source: Uint32Array): Numbers {
  const result =
    numbers instanceof Float32Array ? new Float32Array(source.length) : new Float64Array(source.length);
  for (let i = 0; i < source.length; i++) result[i] = numbers[source[i]!]!;
  return result;
}

const viewed =
  (view: View): Folding =>
  (call) => {
    const value = inputOf(call, 0);
    return moved(value, view(call, value.shape));
  };

const cast: Folding = (call) => {
  const value = inputOf(call, 0);
  const to = attribute(call, 'int', 'to') ?? 1;
  if (!isWholeType(to)) return { ...value, isFloat: true };
  if (!value.isFloat) return value;
  return computed(value.shape, (i) => Math.trunc(value.numbers[i]!), false);
};

/** @param of the number of each index, of the file's type */
function computed(shape: readonly number[], of: (index: number) => number, isFloat: boolean): Constant {
  const result = new Float64Array(sizeOf(shape));
  for (let i = 0; i < result.length; i++) result[i] = isFloat ? Math.fround(of(i)) : of(i);
  return { kind: 'constant', shape, numbers: result, isFloat };
}

const unary =
  (of: (x: number) => number): Folding =>
  (call) => {
    const { shape, numbers, isFloat } = inputOf(call, 0);
    return computed(shape, (i) => of(numbers[i]!), isFloat);
  };

/** @param gives whether the result is a number of the operands' type or a truth value */
function binary(
  of: (x: number, y: number, isFloat: boolean) => number,
  gives: 'number' | 'truth' = 'number',
): Folding {
  return (call) => {
    const [x, y] = [inputOf(call, 0), inputOf(call, 1)];
    const shape = commonShape(call, x.shape, y.shape);
    const [a, b] = [spread(x, shape), spread(y, shape)];
    const isFloat = x.isFloat && gives === 'number';
    return computed(shape, (i) => of(a[i]!, b[i]!, x.isFloat), isFloat);
  };
}

function commonShape({ onnx }: Call, a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  const size = (shape: readonly number[], axis: number) => shape[axis - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) =>
    size(a, axis) === 1 ? size(b, axis) : size(a, axis),
  );
  if (sizeOf(shape) > MAX_COMPUTED || !fitsInto(a, shape) || !fitsInto(b, shape))
    throw unsupported(onnx, `combines constants of ${a.join(' x ')} and ${b.join(' x ')}`);
  return shape;
}

/** The numbers of a constant, repeated to a shape. */
function spread({ shape, numbers }: Constant, to: readonly number[]): Numbers {
  if (numbers.length === 1) return new Float64Array(sizeOf(to)).fill(numbers[0]!);
  const { source } = broadcast(shape, to);
  return source ? taken(numbers, source) : numbers;
}

const numbersOf = (values: readonly number[]): Constant => ({
  ...{ kind: 'constant', shape: [values.length], numbers: Float64Array.from(values) },
  isFloat: false,
});

/** The only operator here whose input may depend on the network's: its shape does not. */
export const shapeOperator: Folding = (call) => {
  const [value] = call.inputs;
  if (!value) throw unsupported(call.onnx, 'has no input');
  const start = attribute(call, 'int', 'start') ?? 0;
  return numbersOf(value.shape.slice(start, attribute(call, 'int', 'end')));
};

export const sizeOperator: Folding = (call) => {
  const [value] = call.inputs;
  if (!value) throw unsupported(call.onnx, 'has no input');
  return { ...numbersOf([sizeOf(value.shape)]), shape: [] };
};

/** The numbers of a new constant of this many elements. Throws 'bad-input' if they are too many. */
function filled(shape: readonly number[], value: number): Float64Array {
  const elements = sizeOf(shape);
  if (!(elements <= MAX_COMPUTED) || shape.some((size) => !(size >= 0)))
    throw invalid(
      `a constant of ${shapeText(shape)} is made, at most ${MAX_COMPUTED} elements are supported`,
    );
  return new Float64Array(elements).fill(value);
}

const constantOfShape: Folding = (call) => {
  const shape = integers(call, 0, 'shape') ?? [];
  const tensor = attribute(call, 'tensor', 'value');
  const { numbers, isFloat } = tensor ? call.constantOf('', tensor) : { numbers: [0], isFloat: true };
  return { kind: 'constant', shape, numbers: filled(shape, numbers[0] ?? 0), isFloat };
};

const expand: Folding = (call) => {
  const value = inputOf(call, 0);
  const shape = commonShape(call, value.shape, integers(call, 1, 'shape') ?? []);
  return moved(value, broadcast(value.shape, shape), true);
};

const concat: Folding = (call) => {
  const parts = call.inputs.map((_, index) => inputOf(call, index));
  const [first] = parts;
  const axis = axisOf(call, attribute(call, 'int', 'axis') ?? 0, first?.shape.length ?? 0);
  const total = parts.reduce((sum, { shape }) => sum + (shape[axis] ?? NaN), 0);
  const shape = first!.shape.with(axis, total);
  const result = filled(shape, NaN);
  const outer = sizeOf(shape.slice(0, axis));
  const row = sizeOf(shape.slice(axis));
  let column = 0;
  for (const part of parts) {
    const own = sizeOf(part.shape.slice(axis));
    if (part.numbers.length !== outer * own)
      throw unsupported(call.onnx, 'joins constants of different shapes');
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < own; i++) result[o * row + column + i] = part.numbers[o * own + i]!;
    column += own;
  }
  return { kind: 'constant', shape, numbers: result, isFloat: first!.isFloat };
};

const range: Folding = (call) => {
  const [start, limit, step] = [0, 1, 2].map((index) => inputOf(call, index).numbers[0] ?? NaN) as [
    number,
    number,
    number,
  ];
  if (!(step !== 0 && Number.isFinite(start) && Number.isFinite(limit)))
    throw unsupported(call.onnx, `counts in steps of ${step}`);
  const count = Math.max(0, Math.ceil((limit - start) / step));
  const numbers = filled([count], 0).map((_, i) => start + i * step);
  return { kind: 'constant', shape: [numbers.length], numbers, isFloat: inputOf(call, 0).isFloat };
};

/** Over all axes, or the only one. */
const reduced =
  (of: (x: number, y: number) => number): Folding =>
  (call) => {
    const { shape, numbers, isFloat } = inputOf(call, 0);
    const axes = integers(call, 1, 'axes') ?? shape.map((_, axis) => axis);
    if (axes.length !== shape.length || numbers.length === 0)
      throw unsupported(call.onnx, 'reduces some axes of a constant');
    const keeps = (attribute(call, 'int', 'keepdims') ?? 1) !== 0;
    let result = numbers[0]!;
    for (let i = 1; i < numbers.length; i++) result = of(result, numbers[i]!);
    return { ...numbersOf([result]), shape: keeps ? shape.map(() => 1) : [], isFloat };
  };

const where: Folding = (call) => {
  const [condition, x, y] = [0, 1, 2].map((index) => inputOf(call, index)) as [Constant, Constant, Constant];
  const shape = commonShape(call, commonShape(call, condition.shape, x.shape), y.shape);
  const [chosen, a, b] = [condition, x, y].map((value) => spread(value, shape)) as [
    Numbers,
    Numbers,
    Numbers,
  ];
  return computed(shape, (i) => (chosen[i] !== 0 ? a[i]! : b[i]!), x.isFloat);
};

/** Of whole numbers as in C. */
const quotient = (x: number, y: number, isFloat: boolean) => (isFloat ? x / y : Math.trunc(x / y));

export const FOLDINGS: Readonly<Record<string, Folding>> = {
  ...Object.fromEntries(Object.entries(VIEWS).map(([name, view]) => [name, viewed(view)])),
  Cast: cast,
  Slice: viewed(slice),
  Gather: (call) => {
    const value = inputOf(call, 0);
    return moved(value, gather(call, value.shape, inputOf(call, 1)), true);
  },
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Expand: expand,
  Range: range,
  Where: where,
  Add: binary((x, y) => x + y),
  Sub: binary((x, y) => x - y),
  Mul: binary((x, y) => x * y),
  Div: binary(quotient),
  Pow: binary((x, y) => x ** y),
  Mod: binary((x, y) => x - y * Math.floor(x / y)),
  Min: binary((x, y) => Math.min(x, y)),
  Max: binary((x, y) => Math.max(x, y)),
  Equal: binary((x, y) => Number(x === y), 'truth'),
  Less: binary((x, y) => Number(x < y), 'truth'),
  Greater: binary((x, y) => Number(x > y), 'truth'),
  Not: unary((x) => Number(x === 0)),
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Sqrt: unary(Math.sqrt),
  Reciprocal: unary((x) => 1 / x),
  Exp: unary(Math.exp),
  ReduceProd: reduced((x, y) => x * y),
  ReduceSum: reduced((x, y) => x + y),
  ReduceMin: reduced((x, y) => Math.min(x, y)),
  ReduceMax: reduced((x, y) => Math.max(x, y)),
};

/** Whether all that a node reads is known. */
export const isFoldable = ({ inputs }: Pick<Call, 'inputs'>): boolean =>
  inputs.every((value) => value === undefined || isConstant(value));
