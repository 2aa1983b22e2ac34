/** Functions of each element: operators of their own, and those that other operators compute at their end. */
import type { TfliteOperator } from '../decode.ts';
import { refused } from '../errors.ts';
import { float, type Attributes, type GraphBuilder, type Order } from './graph-builder.ts';

interface ElementNode {
  readonly kind: string;
  readonly attributes?: Attributes;
}

const RELU6: ElementNode = { kind: 'Clip', attributes: { min: float(0), max: float(6) } };
const RELU_N1_TO_1: ElementNode = { kind: 'Clip', attributes: { min: float(-1), max: float(1) } };

/** By operator. */
const FUNCTIONS: Readonly<Record<string, (operator: TfliteOperator) => ElementNode>> = {
  RELU: () => ({ kind: 'Relu' }),
  RELU6: () => RELU6,
  RELU_N1_TO_1: () => RELU_N1_TO_1,
  TANH: () => ({ kind: 'Tanh' }),
  LOGISTIC: () => ({ kind: 'Sigmoid' }),
  ELU: () => ({ kind: 'Elu' }),
  HARD_SWISH: () => ({ kind: 'HardSwish' }),
  NEG: () => ({ kind: 'Neg' }),
  LEAKY_RELU: ({ options }) => ({
    kind: 'LeakyRelu',
    attributes: { alpha: float(options?.float32(0) ?? 0) },
  }),
  GELU: ({ options }) => ({
    kind: 'Gelu',
    attributes: { approximate: { kind: 'text', value: options?.uint8(0) === 1 ? 'tanh' : 'none' } },
  }),
};

export const ELEMENT_OPERATORS: readonly string[] = Object.keys(FUNCTIONS);

export function elementFunction(graph: GraphBuilder, operator: TfliteOperator): void {
  const { kind, attributes } = FUNCTIONS[operator.name]!(operator);
  const order = graph.isImage(operator, 0) ? 'first' : 'last';
  graph.give(operator, graph.node(operator, kind, [graph.read(operator, 0, order)], attributes), order);
}

/** By code. */
const FUSED: readonly (ElementNode | undefined)[] = [
  undefined,
  { kind: 'Relu' },
  RELU_N1_TO_1,
  RELU6,
  { kind: 'Tanh' },
];

/** Says that `value`, after the function that the operator ends with, is its output. */
export function giveFused(
  graph: GraphBuilder,
  operator: TfliteOperator,
  value: string,
  order: Order,
  code: number,
): void {
  if (!(code in FUSED))
    throw refused(
      operator.name,
      graph.output(operator).name,
      `ends with the function ${code}, which is not supported`,
    );
  const fused = FUSED[code];
  graph.give(operator, fused ? graph.node(operator, fused.kind, [value], fused.attributes) : value, order);
}
