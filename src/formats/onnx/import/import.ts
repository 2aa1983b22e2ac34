/** An ONNX graph to a network. What cannot be one is refused in one sentence that names the operator, how often it occurs and where. */
import { MasksearchError } from '../../../core/error.ts';
import { INPUT, type Network, type Shape } from '../../../network/network.ts';
import { elementsOf, shapeText } from '../../../network/shapes.ts';
import type { Task } from '../../../network/task.ts';
import { shown } from '../../safetensors/header.ts';
import { isFloat } from '../element-types.ts';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from '../messages.ts';
import { tensorNumbers, type ExternalFiles } from '../tensor-numbers.ts';
import { Budget } from './budget.ts';
import { attribute, type Call } from './call.ts';
import { called, invalid, unsupported } from './errors.ts';
import { FOLDINGS, isFoldable, shapeOperator, sizeOperator } from './folding.ts';
import { InputLayout } from './input-layout.ts';
import { NetworkImport, type Parameter } from './network-import.ts';
import { OPERATORS } from './operators/index.ts';
import { orderedNodes } from './order.ts';
import { VIEWS } from './views.ts';
import { isConstant, sizeOf, unlessIdentity, type Activation, type Constant, type Value } from './value.ts';

/** Versions of the standard operators. */
const OPSETS = { least: 7, most: 22 } as const;
/** The shape of the input shows its layout, or an operator that reads it does, or one that reads it in that layout. */
const MAX_RESTARTS = 3;
/** Factors of bytes are 1/255, 1/127.5 or these over a standard deviation; those of numbers around 1 are larger. */
const MAX_BYTE_SCALE = 1 / 32;

export interface ImportedNetwork {
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly task: Task;
  /** Whether the network scales bytes itself, so that they enter as they are. */
  readonly scalesBytes: boolean;
}

interface Source {
  readonly model: OnnxModel;
  readonly file: Uint8Array;
  readonly external: ExternalFiles;
}

/**
 * Throws 'bad-input'.
 *
 * @param task of a file that `modelToOnnx` wrote: its input has the channels first, and it ends with the scores, so that a sigmoid there
 * is part of the network
 */
export function importNetwork(
  model: OnnxModel,
  file: Uint8Array,
  external: ExternalFiles,
  task?: Task,
): ImportedNetwork {
  const source = { model, file, external };
  const opset = checkedOpset(model);
  const { graph } = model;
  const constants = constantsOf(graph.initializers);
  const input = onlyInput(graph.inputs, constants);
  const [output, ...others] = graph.outputs;
  if (!output) throw invalid('the graph has no output');
  if (others.length > 0)
    throw new MasksearchError(
      'bad-input',
      `the graph has ${graph.outputs.length} outputs, ${graph.outputs.map(({ name }) => shown(name)).join(', ')}, one is supported`,
      'export the network with its scores alone',
    );
  const nodes = orderedNodes(graph, output.name, new Set([...constants.keys(), input.name]));
  checkOperators(nodes);
  let layout = firstLayout(input, task !== undefined);
  const budget = new Budget();
  for (let i = 0; ; i++) {
    try {
      return new GraphWalk(source, opset, nodes, constants, layout, budget).run(input, output.name, task);
    } catch (error) {
      if (!(error instanceof InputLayout)) throw error;
      if (i === MAX_RESTARTS) throw invalid('the layout of the input is not clear');
      layout = newLayout(layout, error);
    }
  }
}

function checkedOpset({ opsets }: OnnxModel): number {
  const opset = opsets.get('') ?? 0;
  if (opset >= OPSETS.least && opset <= OPSETS.most) return opset;
  throw new MasksearchError(
    'bad-input',
    `the ONNX file uses version ${opset} of the operators, ${OPSETS.least} to ${OPSETS.most} are supported`,
    `export it with an opset_version of ${OPSETS.most} or less`,
  );
}

function constantsOf(initializers: readonly OnnxTensor[]): ReadonlyMap<string, OnnxTensor> {
  const constants = new Map<string, OnnxTensor>();
  for (const tensor of initializers) {
    if (constants.has(tensor.name)) throw invalid(`two initializers have the name ${shown(tensor.name)}`);
    constants.set(tensor.name, tensor);
  }
  return constants;
}

/** Older files name the initializers as inputs too. */
function onlyInput(inputs: readonly OnnxValue[], constants: ReadonlyMap<string, OnnxTensor>): OnnxValue {
  const own = inputs.filter(({ name }) => !constants.has(name));
  const [input] = own;
  if (own.length === 1) return input!;
  const names = own.map(({ name }) => shown(name)).join(', ');
  throw new MasksearchError(
    'bad-input',
    own.length === 0
      ? 'the graph has no input'
      : `the graph has ${own.length} inputs, ${names}, one is supported`,
    'export the network with its image as the only input',
  );
}

/** All operators at once that no network here has, the most frequent first. */
function checkOperators(nodes: readonly OnnxNode[]): void {
  const found = new Map<string, { count: number; first: OnnxNode }>();
  for (const node of nodes) {
    const isKnown =
      node.domain === '' &&
      ['Constant', 'Shape', 'Size']
        .concat(Object.keys(OPERATORS), Object.keys(FOLDINGS))
        .includes(node.operator);
    if (isKnown) continue;
    const name = node.domain === '' ? node.operator : `${node.domain}.${node.operator}`;
    const entry = found.get(name);
    found.set(name, { count: (entry?.count ?? 0) + 1, first: entry?.first ?? node });
  }
  if (found.size === 0) return;
  const ordered = [...found].sort(([, a], [, b]) => b.count - a.count);
  const texts = ordered
    .slice(0, 4)
    .map(
      ([name, { count, first }]) =>
        `${shown(name).slice(1, -1)} (${count}, the first is ${shownName(first)})`,
    );
  const more = ordered.length > 4 ? ` and ${ordered.length - 4} more` : '';
  throw new MasksearchError(
    'bad-input',
    `the network has operators that are not supported: ${texts.join(', ')}${more}`,
    'see docs/networks.md for what is supported',
  );
}

const shownName = ({ name, outputs }: OnnxNode) => shown(name === '' ? (outputs[0] ?? '') : name);

/** How the input is laid out: as [channels, height, width] or [features], from the order in the graph. */
interface Layout {
  readonly shape: Shape;
  /** Index here of each element of the graph's input. */
  readonly order: Uint32Array | undefined;
}

/** Channels are few: where the last axis has at most that many and the first does not, they are last. */
const MAX_COLOURS = 4;

function firstLayout({ name, shape }: OnnxValue, isChannelsFirst: boolean): Layout {
  const image = shape?.slice(1);
  if (!image || image.length === 0 || image.some((size) => size === undefined))
    throw new MasksearchError(
      'bad-input',
      `the size of the input ${shown(name)} is not fixed`,
      'export the network with a fixed height and width; the batch may stay open',
    );
  const axes = image as number[];
  const elements = sizeOf(axes);
  if (elements > 2 ** 24) throw invalid(`the input ${shown(name)} has ${elements} elements`);
  const [first, second, third] = axes;
  switch (axes.length) {
    case 1:
      return { shape: [first!], order: undefined };
    case 2:
      return { shape: [1, first!, second!], order: undefined };
    case 3: {
      const isLast = !isChannelsFirst && third! <= MAX_COLOURS && first! > MAX_COLOURS;
      if (!isLast) return { shape: axes, order: undefined };
      const area = first! * second!;
      const order = Uint32Array.from(
        { length: elements },
        (_, i) => (i % third!) * area + Math.floor(i / third!),
      );
      return { shape: [third!, first!, second!], order: unlessIdentity(order) };
    }
    default:
      throw new MasksearchError(
        'bad-input',
        `the input ${shown(name)} is ${shapeText(axes)}, only vectors, signals and images are supported`,
        'export the network for one image at a time',
      );
  }
}

/** The operator reads element i of `shape` from `order[i]` of the layout so far. */
function newLayout(before: Layout, { shape, order }: InputLayout): Layout {
  const elements = elementsOf(before.shape);
  if (elementsOf(shape) !== elements) throw invalid('the input is read in part');
  if (!order) return { shape, order: before.order };
  const inverse = new Uint32Array(elements);
  order.forEach((from, to) => (inverse[from] = to));
  const given = before.order ?? inverse.map((_, i) => i);
  return { shape, order: unlessIdentity(given.map((at) => inverse[at]!)) };
}

/** Computing a number takes about as long as looking at so many. */
const COMPUTING = 4;

/** Runs over the nodes of a graph once. */
class GraphWalk {
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

  run(input: OnnxValue, output: string, task: Task | undefined): ImportedNetwork {
    this.#values.set(input.name, this.#inputValue(input));
    for (const { inputs } of this.#nodes) {
      for (const name of inputs) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
    }
    this.#readers.set(output, (this.#readers.get(output) ?? 0) + 1);
    for (const node of this.#nodes) this.#values.set(node.outputs[0] ?? '', this.#valueOf(node));
    const value = this.#values.get(output);
    if (!value || isConstant(value))
      throw invalid(`the output ${shown(output)} does not depend on the input`);
    return this.#finished(value, task);
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
    if (operator === 'Constant') return this.#constantNode(onnx);
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

  #constantNode(onnx: OnnxNode): Constant {
    const name = onnx.outputs[0] ?? '';
    const tensor = attribute({ onnx }, 'tensor', 'value');
    if (tensor) return this.#constant(name, tensor);
    const one = (value: number, isWhole: boolean): Constant => ({
      ...{ kind: 'constant', shape: [], numbers: Float64Array.of(value), isFloat: !isWhole },
    });
    const float = attribute({ onnx }, 'float', 'value_float');
    if (float !== undefined) return one(float, false);
    const int = attribute({ onnx }, 'int', 'value_int');
    if (int !== undefined) return one(int, true);
    const floats = attribute({ onnx }, 'floats', 'value_floats');
    const list = floats ?? attribute({ onnx }, 'ints', 'value_ints');
    if (!list) throw unsupported(onnx, 'holds no numbers');
    return {
      ...{ kind: 'constant', shape: [list.length], numbers: Float64Array.from(list) },
      isFloat: floats !== undefined,
    };
  }

  /** Whether the first nodes make numbers up to 255 small. */
  #scalesBytes(): boolean {
    const { nodes, parameters } = this.#network;
    const scales = nodes.flatMap((node) =>
      node.kind === 'affine' && node.inputs[0] === INPUT ? [parameters.get(node.scale)!.values] : [],
    );
    return scales.some((values) => values.every((scale) => Math.abs(scale) <= MAX_BYTE_SCALE));
  }

  /** The end of the network: what the last operator says of the task goes to the loss. */
  #finished(value: Activation, stored: Task | undefined): ImportedNetwork {
    const elements = sizeOf(value.shape.slice(1));
    const isAutoencoder = elements > 1 && elements === elementsOf(this.#layout.shape);
    const { pending } = value;
    const endsInSigmoid = pending?.last.kind === 'unary' && pending.node.operator === 'Sigmoid';
    const isBinary = stored === undefined && endsInSigmoid && !isAutoencoder;
    const scores = isBinary && pending.last.kind === 'unary' ? pending.last.inner : value;
    const task: Task =
      value.ending !== undefined ? 'classes' : isBinary ? 'binary' : isAutoencoder ? 'regression' : 'classes';
    const { node, order } = this.#network.computed({ ...scores, ending: undefined });
    if (order !== undefined)
      throw new MasksearchError(
        'bad-input',
        'the output of the network has its channels last',
        'export the network with a vector as its output',
      );
    if (node === INPUT) throw invalid('the network computes nothing');
    const { nodes, parameters } = this.#network;
    const network = { input: this.#layout.shape, nodes, output: node };
    return { network, parameters, task: stored ?? task, scalesBytes: this.#scalesBytes() };
  }
}

/** What a value holds for each of its elements. */
const numbersOf = (value: Value) => (isConstant(value) ? value.numbers : value.order);

const constantsIn = (inputs: readonly (Value | undefined)[]): number =>
  inputs.reduce((sum, value) => sum + (isConstant(value) ? value.numbers.length : 0), 0);

const isOfNode = (value: Value | undefined, node: string) =>
  value !== undefined && !isConstant(value) && value.node === node;

/** What is computed now if all inputs are known, and by a node of the network if not. */
function operation({ onnx, inputs }: Call): (call: Call) => Value {
  const { operator } = onnx;
  if (operator === 'Shape') return shapeOperator;
  if (operator === 'Size') return sizeOperator;
  const folding = Object.hasOwn(FOLDINGS, operator) ? FOLDINGS[operator] : undefined;
  if (folding && isFoldable({ inputs })) return folding;
  const found = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (found) return found;
  throw new MasksearchError(
    'bad-input',
    `${called(onnx)} is supported for constants alone`,
    'see docs/networks.md for what is supported',
  );
}
