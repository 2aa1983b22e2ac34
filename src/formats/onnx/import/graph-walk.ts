/** The values of a graph, node by node. */
import { INPUT } from '../../../network/network.ts';
import { shown } from '../../safetensors/header.ts';
import { isFloat } from '../element-types.ts';
import type { OnnxNode, OnnxTensor, OnnxValue } from '../messages.ts';
import { tensorNumbers, type ExternalFiles } from '../tensor-numbers.ts';
import type { Budget } from './budget.ts';
import type { Call } from './call.ts';
import { constantNode } from './constant-node.ts';
import { finished, type ImportedNetwork, type Tasks } from './end.ts';
import { invalid } from './errors.ts';
import { isFoldable } from './values/folding.ts';
import type { Layout } from './input.ts';
import { NetworkImport } from './network-import.ts';
import { operation } from './operation.ts';
import { isConstant, type Activation, type Constant, type Value } from './values/value.ts';
import { VIEWS } from './values/views.ts';

export interface Source {
  readonly file: Uint8Array;
  readonly external: ExternalFiles;
}

/** Computing a number takes about as long as looking at so many. */
const COMPUTING = 4;

/** Runs over the nodes of a graph once. */
export class GraphWalk {
  readonly #source: Source;
  readonly #opset: number;
  readonly #nodes: readonly OnnxNode[];
  readonly #tensors: ReadonlyMap<string, OnnxTensor>;
  readonly #layout: Layout;
  readonly #network: NetworkImport;
  readonly #values = new Map<string, Value>();
  readonly #readers = new Map<string, number>();
  /** Of each value that is the output of the same node of the network as another, that other. */
  readonly #sameNode = new Map<string, string>();
  readonly #budget: Budget;

  constructor(
    source: Source,
    opset: number,
    nodes: readonly OnnxNode[],
    tensors: ReadonlyMap<string, OnnxTensor>,
    layout: Layout,
    budget: Budget,
  ) {
    this.#source = source;
    this.#opset = opset;
    this.#nodes = nodes;
    this.#tensors = tensors;
    this.#layout = layout;
    this.#network = new NetworkImport(layout.shape, budget);
    this.#budget = budget;
  }

  run(input: OnnxValue, output: string, tasks: Tasks): ImportedNetwork {
    this.#values.set(input.name, this.#inputValue(input));
    for (const { inputs } of this.#nodes) {
      for (const name of inputs) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
    }
    this.#readers.set(output, (this.#readers.get(output) ?? 0) + 1);
    for (const node of this.#nodes) this.#values.set(node.outputs[0] ?? '', this.#valueOf(node));
    const value = this.#values.get(output);
    if (!value || isConstant(value))
      throw invalid(`the output ${shown(output)} does not depend on the input`);
    return finished(this.#network, value, tasks);
  }

  #inputValue({ shape }: OnnxValue): Activation {
    const image = shape!.slice(1) as number[];
    return {
      ...{ kind: 'activation', node: INPUT, layout: this.#layout.shape, order: this.#layout.order },
      // Shapes that the graph computes from the batch are those for one image.
      ...{ shape: [shape![0] ?? 1, ...image], isInput: true },
    };
  }

  #valueOf(onnx: OnnxNode): Value {
    const { operator } = onnx;
    if (operator === 'Constant') return constantNode(onnx, (name, tensor) => this.#constant(name, tensor));
    const inputs = onnx.inputs.map((name) => (name === '' ? undefined : this.#read(name)));
    const call: Call = {
      ...{ onnx, inputs, opset: this.#opset, network: this.#network },
      readers: (name) => this.#readers.get(name) ?? 0,
      isReadOnce: (name) => this.#isReadOnce(name),
      constantOf: (name, tensor) => this.#constant(name, tensor),
    };
    // Views of constants look at no number, unless they make other ones.
    if (isFoldable(call) && !Object.hasOwn(VIEWS, operator))
      this.#budget.work(onnx, COMPUTING * constantsIn(inputs));
    if (operator === 'PRelu') this.#budget.work(onnx, constantsIn(inputs));
    const value = operation(call)(call);
    const [output] = onnx.outputs;
    const same = onnx.inputs.find((_, i) => !isConstant(value) && isOfNode(inputs[i], value.node));
    if (same !== undefined && output !== undefined) this.#sameNode.set(output, same);
    this.#checkMade(onnx, inputs, value);
    return value;
  }

  #isReadOnce(name: string): boolean {
    for (let at: string | undefined = name; at !== undefined; at = this.#sameNode.get(at)) {
      if (this.#readers.get(at) !== 1) return false;
    }
    return true;
  }

  /** Numbers of `value` that are not those of an input. */
  #checkMade(onnx: OnnxNode, inputs: readonly (Value | undefined)[], value: Value): void {
    const made = numbersOf(value);
    if (made && !inputs.some((input) => input && numbersOf(input) === made))
      this.#budget.make(onnx, made.length);
  }

  #read(name: string): Value {
    const known = this.#values.get(name);
    if (known) return known;
    const tensor = this.#tensors.get(name);
    if (!tensor) throw invalid(`a node reads ${shown(name)}, which is an output that is not supported`);
    const value = this.#constant(name, tensor);
    this.#values.set(name, value);
    return value;
  }

  #constant(name: string, tensor: OnnxTensor): Constant {
    const { file, external } = this.#source;
    return {
      ...{ kind: 'constant', shape: tensor.shape, numbers: tensorNumbers(tensor, file, external) },
      ...{ isFloat: isFloat(tensor.type), origin: { name, tensor, order: undefined } },
    };
  }
}

/** What a value holds for each of its elements. */
const numbersOf = (value: Value) => (isConstant(value) ? value.numbers : value.order);

const constantsIn = (inputs: readonly (Value | undefined)[]): number =>
  inputs.reduce((sum, value) => sum + (isConstant(value) ? value.numbers.length : 0), 0);

const isOfNode = (value: Value | undefined, node: string) =>
  value !== undefined && !isConstant(value) && value.node === node;
