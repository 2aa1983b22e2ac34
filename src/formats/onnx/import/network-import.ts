/** The network as it grows: nodes under unique names, and parameters with their places in the file. */
import { DEFAULT_ALPHA } from '../../../kernels/activation.ts';
import type { Step } from '../../../network/builder.ts';
import { INPUT, MAX_NAME_LENGTH, type Node, type Shape } from '../../../network/network.ts';
import { channelsOf, elementsOf, outputShape, shapeText } from '../../../network/shapes.ts';
import { shown } from '../../safetensors/header.ts';
import { isFloat as isFloatType } from '../element-types.ts';
import type { OnnxNode } from '../messages.ts';
import type { Budget } from './budget.ts';
import { POINTS, type ElementFunction } from './values/elementwise.ts';
import { FunctionPlans } from './values/function-plans.ts';
import { nameOf, unsupported } from './errors.ts';
import { MAX_MOVED } from './values/layout.ts';
import {
  composed,
  sameOrder,
  type Activation,
  type Constant,
  type Origin,
  type Pending,
} from './values/value.ts';

/** A function of more operators is split: the time to recognise it grows with each. */
const MAX_STEPS = 24;

/** A parameter of the network. */
export interface Parameter {
  readonly values: Float32Array;
  /** Where it lies in the file: `order` has the index in the tensor of each number here. */
  readonly origin: Origin | undefined;
}

export class NetworkImport {
  readonly #input: Shape;
  readonly budget: Budget;
  readonly #nodes: Node[] = [];
  readonly #indices = new Map<string, number>();
  readonly #layouts = new Map<string, Shape>();
  readonly #parameters = new Map<string, Parameter>();
  readonly #computed = new Map<Pending, Activation>();
  readonly #plans: FunctionPlans;
  /** How many nodes wanted a name. */
  readonly #wanted = new Map<string, number>();

  constructor(input: Shape, budget: Budget) {
    this.#input = input;
    this.budget = budget;
    this.#plans = new FunctionPlans(budget);
    this.#layouts.set(INPUT, input);
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  get parameters(): ReadonlyMap<string, Parameter> {
    return this.#parameters;
  }

  /** Adds a node for `onnx` that reads these nodes; returns its name and the shape of its output. Throws 'bad-input' for what does not fit. */
  add(onnx: OnnxNode, step: Unnamed<Step>, ...inputs: string[]): { node: string; layout: Shape } {
    const own = shortNameOf(onnx);
    const name = this.#unique(step.kind === 'flatten' ? `${own}.flatten` : own);
    const node = { ...step, name, inputs } as Node;
    const given = inputs.map((name) => this.#layouts.get(name)!);
    // Inferred alone: the cost of a network is then that of its nodes.
    const layout = outputShape(node, given);
    if (!(elementsOf(layout) <= MAX_MOVED))
      throw unsupported(
        onnx,
        `gives ${elementsOf(layout)} numbers for each image, at most ${MAX_MOVED} are supported`,
      );
    this.#indices.set(node.name, this.#nodes.length);
    this.#nodes.push(node);
    this.#layouts.set(node.name, layout);
    return { node: node.name, layout };
  }

  /** Whether this is a convolution or dense layer without a bias. */
  takesBias(name: string): boolean {
    const node = this.#nodes[this.#indices.get(name) ?? -1];
    return (node?.kind === 'conv2d' || node?.kind === 'dense') && node.bias === undefined;
  }

  /** Gives a node that takes one this bias. */
  attachBias(name: string, bias: string): void {
    const at = this.#indices.get(name)!;
    this.#nodes[at] = { ...this.#nodes[at]!, bias } as Node;
  }

  /** Counts the numbers of weights that a node before reads too: each layer is checked, and may become weights of its own. */
  countRepeated(onnx: OnnxNode, { numbers, origin }: Constant): void {
    if (origin && this.#parameters.has(origin.name)) this.budget.work(onnx, 2 * numbers.length);
  }

  /** The name of numbers that pruning may change. They must have a place in the file, the same for all nodes that share them. */
  weight(onnx: OnnxNode, { numbers, isFloat, origin }: Constant, source: Uint32Array | undefined): string {
    if (!origin)
      throw unsupported(
        onnx,
        'has weights that other nodes compute',
        'export the network with constants folded',
      );
    if (!isFloat || !isFloatType(origin.tensor.type))
      throw unsupported(onnx, 'has weights that are whole numbers');
    const order = composed(origin.order, source);
    const { name, known } = this.#parameterName(
      origin.name,
      (known) => known.origin?.tensor === origin.tensor,
    );
    if (!known) {
      const values = source ? permuted(numbers, source) : float32Of(numbers);
      this.#parameters.set(name, { values, origin: { ...origin, order } });
    } else if (!sameOrder(known.origin?.order, order)) {
      throw unsupported(onnx, `reads ${shown(origin.name)} in another order than a node before it`);
    }
    return name;
  }

  /** The name of one number per channel. Under another name than in the file where that is taken by other numbers. */
  vector(onnx: OnnxNode, purpose: string, values: Float32Array, origin?: Origin): string {
    this.budget.work(onnx, values.length);
    const wanted = origin?.name ?? `${onnx.outputs[0] ?? onnx.name}.${purpose}`;
    const { name, known } = this.#parameterName(wanted, (known) => sameNumbers(known.values, values));
    if (!known) this.#parameters.set(name, { values, origin: name === wanted ? origin : undefined });
    return name;
  }

  /** `wanted`, with a number behind it where another parameter has that name; and the parameter if it is there already. */
  #parameterName(wanted: string, isIt: (known: Parameter) => boolean) {
    for (let i = 1; ; i++) {
      const name = i === 1 ? wanted : `${wanted} (${i})`;
      const known = this.#parameters.get(name);
      if (!known || isIt(known)) return { name, known };
    }
  }

  /** `value` with a function of each element that is computed only if a node needs it. */
  withFunction(onnx: OnnxNode, value: Activation, of: (x: number) => number): Activation {
    const inner = this.#shortened(value);
    const { base = inner, values: before = POINTS, steps = 0 } = inner.pending ?? {};
    return {
      ...inner,
      pending: {
        base,
        values: before.map(of),
        node: onnx,
        last: { kind: 'unary', inner, of },
        steps: steps + 1,
      },
    };
  }

  /** A function of two functions of the same elements; undefined if they are of different ones. */
  withFunctions(
    onnx: OnnxNode,
    left: Activation,
    right: Activation,
    of: (x: number, y: number) => number,
  ): Activation | undefined {
    const [a, b] = [left.pending?.base ?? left, right.pending?.base ?? right];
    if (a.node !== b.node || !sameOrder(left.order, right.order)) return undefined;
    if (shapeText(left.shape) !== shapeText(right.shape)) return undefined;
    const [x, y] = [left.pending?.values ?? POINTS, right.pending?.values ?? POINTS];
    const steps = (left.pending?.steps ?? 0) + (right.pending?.steps ?? 0) + 1;
    if (steps > MAX_STEPS) return undefined;
    return {
      ...left,
      pending: {
        base: a,
        values: x.map((value, i) => of(value, y[i]!)),
        node: onnx,
        last: { kind: 'binary', left, right, of },
        steps,
      },
    };
  }

  #shortened(value: Activation): Activation {
    return (value.pending?.steps ?? 0) < MAX_STEPS ? value : this.computed(value);
  }

  /** `value` as the output of a node, which is added if none computes it yet. */
  computed(value: Activation): Activation {
    const { pending } = value;
    if (!pending) return value;
    let found = this.#computed.get(pending);
    if (!found) {
      found = this.#compute(pending);
      this.#computed.set(pending, found);
    }
    const { node, layout } = found;
    return { ...value, node, layout, pending: undefined };
  }

  #compute(pending: Pending): Activation {
    const { node } = pending;
    const plan = this.#plans.of(pending);
    if (!plan) throw unsupported(node, 'computes a function of each element that is none of the activations');
    const [left, right] = plan.reads.map((value) => this.computed(value));
    if (plan.function) return this.#apply(node, left!, plan.function);
    return { ...left!, ...this.add(node, { kind: 'add' }, left!.node, right!.node), isInput: false };
  }

  #apply(onnx: OnnxNode, base: Activation, wanted: ElementFunction): Activation {
    switch (wanted.kind) {
      case 'identity':
        return base;
      case 'activation': {
        const { activation, alpha } = wanted.activated;
        const step = {
          kind: 'activation',
          activation,
          alpha: DEFAULT_ALPHA[activation] ? alpha : 0,
        } as const;
        return { ...base, ...this.add(onnx, step, base.node) };
      }
      case 'linear':
        return this.affine(
          onnx,
          base,
          constantVector(base, wanted.scale),
          constantVector(base, wanted.shift),
        );
    }
  }

  /** scale * x + shift per channel of the layout. */
  affine(onnx: OnnxNode, x: Activation, scale: ChannelVector, shift: ChannelVector): Activation {
    const names = {
      scale: this.vector(onnx, 'scale', scale.values, scale.origin),
      shift: this.vector(onnx, 'shift', shift.values, shift.origin),
    };
    return { ...x, ...this.add(onnx, { kind: 'affine', ...names }, x.node) };
  }

  /** `x` in which every element is a channel. */
  flat(onnx: OnnxNode, x: Activation): Activation {
    if (channelsOf(x.layout).area === 1) return x;
    return { ...x, ...this.add(onnx, { kind: 'flatten' }, x.node) };
  }

  /** `x` as features, which it is not yet even if it is of one pixel. */
  flattened(onnx: OnnxNode, x: Activation): Activation {
    return x.layout.length === 1 ? x : { ...x, ...this.add(onnx, { kind: 'flatten' }, x.node) };
  }

  #unique(wanted: string): string {
    for (let i = (this.#wanted.get(wanted) ?? 0) + 1; ; i++) {
      const unique = i === 1 ? wanted : `${wanted} (${i})`;
      if (this.#layouts.has(unique)) continue;
      this.#wanted.set(wanted, i);
      return unique;
    }
  }

  get input(): Shape {
    return this.#input;
  }
}

/** Short enough for a number behind it. */
const shortNameOf = (onnx: OnnxNode): string => nameOf(onnx).slice(0, MAX_NAME_LENGTH - 20) || 'node';

/** One number per channel, and where they lie. */
export interface ChannelVector {
  readonly values: Float32Array;
  readonly origin?: Origin | undefined;
}

export const constantVector = ({ layout }: Activation, value: number): ChannelVector => ({
  values: new Float32Array(layout[0]!).fill(value),
});

type Unnamed<One> = One extends unknown ? Omit<One, 'name'> : never;

export const float32Of = (numbers: Constant['numbers']): Float32Array =>
  numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);

function permuted(numbers: Constant['numbers'], source: Uint32Array): Float32Array {
  const values = new Float32Array(source.length);
  for (let i = 0; i < source.length; i++) values[i] = numbers[source[i]!]!;
  return values;
}

const sameNumbers = (a: Float32Array, b: Float32Array) =>
  a.length === b.length && a.every((value, i) => value === b[i]);
