/** Activations as operators, in the forms that PyTorch's exporter writes and runtimes recognise. */
import type { Activation } from '../../../kernels/activation.ts';
import type { ActivationNode } from '../../../network/network.ts';
import type { AddOperator, OperatorGraph } from './graph.ts';

type Writer = (call: {
  readonly x: string;
  readonly alpha: number;
  readonly add: AddOperator;
  readonly graph: OperatorGraph;
}) => string;

const single =
  (operator: string): Writer =>
  ({ x, add }) =>
    add(operator, [x]);

const withAlpha =
  (operator: string): Writer =>
  ({ x, alpha, add }) =>
    add(operator, [x], { attributes: { alpha: { float: alpha } } });

const WRITERS: Readonly<Record<Activation, Writer>> = {
  none: single('Identity'),
  sigmoid: single('Sigmoid'),
  tanh: single('Tanh'),
  relu: single('Relu'),
  relu6: ({ x, add, graph }) => add('Clip', [x, graph.number(0), graph.number(6)]),
  'leaky-relu': withAlpha('LeakyRelu'),
  elu: withAlpha('Elu'),
  'hard-sigmoid': ({ x, alpha, add }) =>
    add('HardSigmoid', [x], { attributes: { alpha: { float: alpha }, beta: { float: 0.5 } } }),
  silu: ({ x, add }) => add('Mul', [x, add('Sigmoid', [x], { part: 'sigmoid' })]),
  'hard-swish': single('HardSwish'),
  gelu({ x, add, graph }) {
    const scaled = add('Div', [x, graph.number(Math.SQRT2)], { part: 'scaled' });
    return gated(x, add('Erf', [scaled], { part: 'erf' }), add, graph);
  },
  'gelu-tanh'({ x, add, graph }) {
    const square = add('Mul', [x, x], { part: 'square' });
    const cube = add('Mul', [square, x], { part: 'cube' });
    const small = add('Mul', [cube, graph.number(0.044715)], { part: 'small' });
    const sum = add('Add', [x, small], { part: 'sum' });
    const scaled = add('Mul', [sum, graph.number(Math.sqrt(2 / Math.PI))], { part: 'scaled' });
    return gated(x, add('Tanh', [scaled], { part: 'tanh' }), add, graph);
  },
  softplus: single('Softplus'),
};

/** x * (1 + gate) / 2 */
function gated(x: string, gate: string, add: AddOperator, graph: OperatorGraph): string {
  const above = add('Add', [gate, graph.number(1)], { part: 'above' });
  const product = add('Mul', [x, above], { part: 'product' });
  return add('Mul', [product, graph.number(0.5)]);
}

export function exportActivation(
  { activation, alpha }: ActivationNode,
  x: string,
  add: AddOperator,
  graph: OperatorGraph,
): string {
  return WRITERS[activation]({ x, alpha, add, graph });
}
