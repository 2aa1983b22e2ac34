/** Operators that compute a function of each element. */
import { erf } from '../../../../kernels/reference/erf.ts';
import { activation, attribute, constant, inside, type Call } from '../call.ts';
import { invalid, unsupported } from '../errors.ts';
import { isConstant, type Activation } from '../values/value.ts';

type ElementFunction = (x: number) => number;

const sigmoid: ElementFunction = (x) => 1 / (1 + Math.exp(-x));

/** Constants of Selu: exact values of its definition. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** By operator: the function of a node. */
const FUNCTIONS: Readonly<Record<string, (call: Call) => ElementFunction>> = {
  Relu: () => (x) => Math.max(x, 0),
  Sigmoid: () => sigmoid,
  Tanh: () => Math.tanh,
  Erf: () => erf,
  Neg: () => (x) => -x,
  Softplus: () => (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  HardSwish: () => (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  LeakyRelu: (call) => {
    const alpha = attribute(call, 'float', 'alpha') ?? 0.01;
    return (x) => (x < 0 ? alpha * x : x);
  },
  PRelu: (call) => {
    const slope = constant(call, 1, 'slopes');
    if (!slope) throw invalid('a PRelu has no slope');
    const [alpha] = slope.numbers;
    if (!slope.numbers.every((other) => other === alpha))
      throw unsupported(call.onnx, 'has slopes that differ between channels');
    return (x) => (x < 0 ? alpha! * x : x);
  },
  Elu: (call) => {
    const alpha = attribute(call, 'float', 'alpha') ?? 1;
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Celu: (call) => {
    const alpha = attribute(call, 'float', 'alpha') ?? 1;
    return (x) => (x < 0 ? alpha * Math.expm1(x / alpha) : x);
  },
  HardSigmoid: (call) => {
    const alpha = attribute(call, 'float', 'alpha') ?? 0.2;
    const beta = attribute(call, 'float', 'beta') ?? 0.5;
    return (x) => Math.min(Math.max(alpha * x + beta, 0), 1);
  },
  Gelu: (call) =>
    attribute(call, 'text', 'approximate') === 'tanh'
      ? (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
      : (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  Clip: (call) => {
    const bound = (index: number, name: string, usual: number) => {
      const given = constant(call, index, 'bounds');
      if (given) return given.numbers[0] ?? usual;
      return attribute(call, 'float', name) ?? usual;
    };
    const [min, max] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
    return (x) => Math.min(Math.max(x, min), max);
  },
};

export const FUNCTION_OPERATORS: readonly string[] = Object.keys(FUNCTIONS);

export function elementFunction(call: Call): Activation {
  const of = FUNCTIONS[call.onnx.operator]!(call);
  return call.network.withFunction(call.onnx, activation(call), of);
}

/** A scaled Elu: no activation does both at once. */
export function selu(call: Call): Activation {
  const { onnx, network } = call;
  const alpha = attribute(call, 'float', 'alpha') ?? SELU_ALPHA;
  const gamma = attribute(call, 'float', 'gamma') ?? SELU_SCALE;
  const elu = network.withFunction(onnx, activation(call), (x) => (x < 0 ? alpha * Math.expm1(x) : x));
  return network.withFunction(onnx, elu, (x) => gamma * x);
}

/** The larger or smaller of an activation and numbers, or of two functions of the same elements. */
export function extreme(of: (x: number, y: number) => number): (call: Call) => Activation {
  return (call) => {
    const [a, b] = call.inputs;
    if (call.inputs.length !== 2 || a === undefined || b === undefined)
      throw unsupported(call.onnx, `reads ${call.inputs.length} tensors, only 2 are supported`);
    const [x, y] = isConstant(a) ? [b, a] : [a, b];
    if (isConstant(x)) throw unsupported(call.onnx, 'reads constants alone');
    inside(call, x);
    if (!isConstant(y)) {
      const both = call.network.withFunctions(call.onnx, x, inside(call, y), of);
      if (both) return both;
    } else if (y.numbers.length === 1) {
      return call.network.withFunction(call.onnx, x, (value) => of(value, y.numbers[0]!));
    }
    throw unsupported(call.onnx, 'compares tensors that differ in more than one number');
  };
}
