/**
 * A TFLite graph as the graph of nodes that the ONNX import reads. TFLite keeps channels last; convolutions there need them first. A tensor of
 * four axes has a value in either order, and the other one is made by a node where it is needed.
 */
import { damagedFile } from '../../arrays/array.ts';
import type { Attribute, OnnxNode, OnnxTensor, OnnxValue } from '../../onnx/messages.ts';
import { shown } from '../../safetensors/header.ts';
import { constantTensor, wholeNumbers } from '../constants.ts';
import type { TfliteModel, TfliteOperator, TfliteTensor } from '../decode.ts';
import { refused } from '../errors.ts';

/** Where the channels of a value of four axes are; others have one order. */
export type Order = 'first' | 'last';

export const TO_FIRST = [0, 3, 1, 2];
const TO_LAST = [0, 2, 3, 1];

export type Attributes = Readonly<Record<string, Attribute>>;
export const ints = (...value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const text = (value: string): Attribute => ({ kind: 'text', value });

export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, OnnxTensor>();
  /** Numbers that are not in the file as they are, by name. */
  readonly dequantized = new Map<string, Uint8Array>();
  readonly #model: TfliteModel;
  readonly #file: Uint8Array;
  /** Names of values by tensor. */
  readonly #values = new Map<number, Partial<Record<Order, string>>>();
  /** Tensors that do not depend on the input. */
  readonly #constants = new Set<number>();
  #made = 0;

  constructor(model: TfliteModel, file: Uint8Array) {
    this.#model = model;
    this.#file = file;
  }

  /** What the graph takes for this tensor: with channels first. */
  input(index: number): OnnxValue {
    const { name, shape, type } = this.tensor(index);
    const isImage = shape.length === 4;
    this.#values.set(index, { [isImage ? 'first' : 'last']: name });
    return { name, type, shape: isImage ? TO_FIRST.map((axis) => shape[axis]) : shape };
  }

  tensor(index: number): TfliteTensor {
    return this.#model.tensors[index]!;
  }

  /** The tensor that an operator gives. */
  output({ name, outputs }: TfliteOperator): TfliteTensor {
    const [index, ...others] = outputs;
    if (index === undefined || others.length > 0)
      throw damagedFile(`a ${name} gives ${outputs.length} tensors`);
    return this.tensor(index);
  }

  /** The input of an operator; undefined if it is left out. */
  inputOf({ inputs }: TfliteOperator, place: number): TfliteTensor | undefined {
    const index = inputs[place] ?? -1;
    return index < 0 ? undefined : this.tensor(index);
  }

  /** Numbers of an input that is known. */
  wholeNumbers(operator: TfliteOperator, place: number): readonly number[] {
    const tensor = this.inputOf(operator, place);
    if (!tensor) throw damagedFile(`a ${operator.name} has ${operator.inputs.length} inputs`);
    return wholeNumbers(tensor, this.#file);
  }

  isConstant({ inputs }: TfliteOperator, place: number): boolean {
    const index = inputs[place] ?? -1;
    return this.#constants.has(index) || (index >= 0 && this.tensor(index).data !== undefined);
  }

  /** Whether a value is an image whose channels can be first. */
  isImage(operator: TfliteOperator, place: number): boolean {
    return this.inputOf(operator, place)?.shape.length === 4 && !this.isConstant(operator, place);
  }

  /** Name of an input's value in this order. */
  read(operator: TfliteOperator, place: number, order: Order): string {
    const index = operator.inputs[place] ?? -1;
    if (index < 0) throw damagedFile(`a ${operator.name} has ${operator.inputs.length} inputs`);
    return this.value(operator, index, order);
  }

  /** Likewise of a tensor. */
  value(operator: TfliteOperator, index: number, wanted: Order): string {
    const tensor = this.tensor(index);
    if (tensor.data) return this.#initializer(tensor);
    const order = tensor.shape.length === 4 && !this.#constants.has(index) ? wanted : 'last';
    const known = this.#values.get(index);
    if (!known)
      throw damagedFile(`a ${operator.name} reads tensor ${shown(tensor.name)} before an operator gives it`);
    const found = known[order];
    if (found !== undefined) return found;
    const [from, axes] = order === 'first' ? [known.last!, TO_FIRST] : [known.first!, TO_LAST];
    const name = this.node(operator, 'Transpose', [from], { perm: ints(...axes) });
    this.#values.set(index, { ...known, [order]: name });
    return name;
  }

  #initializer(tensor: TfliteTensor): string {
    const { name, data } = tensor;
    if (!this.initializers.has(name)) {
      const { tensor: made, bytes } = constantTensor({ ...tensor, data }, this.#file);
      this.initializers.set(name, made);
      if (bytes) this.dequantized.set(name, bytes);
    }
    return name;
  }

  /** Name of a number that is in no tensor of the file. */
  number(value: number): string {
    const name = `\0${this.#made++}`;
    const bytes = new Uint8Array(Float32Array.of(value).buffer);
    const data = { kind: 'external', location: name, offset: 0, length: bytes.length } as const;
    this.initializers.set(name, { name, shape: [], type: 'float32', data });
    this.dequantized.set(name, bytes);
    return name;
  }

  /** Adds a node for an operator; returns the name of its output. */
  node(
    operator: TfliteOperator,
    kind: string,
    inputs: readonly string[],
    attributes: Attributes = {},
  ): string {
    // No tensor of the file has such a name: theirs have no zero.
    const output = `\0${this.#made++}`;
    this.nodes.push({
      name: nodeName(this.output(operator).name, kind),
      operator: kind,
      foreign: operator.name,
      domain: '',
      inputs,
      outputs: [output],
      attributes: new Map(Object.entries(attributes)),
    });
    return output;
  }

  /** Says that a value is the output of an operator. */
  give(operator: TfliteOperator, value: string, order: Order): void {
    const index = operator.outputs[0]!;
    const isImage = this.tensor(index).shape.length === 4;
    if (order === 'first' && !isImage)
      throw refused(operator.name, this.tensor(index).name, 'gives no tensor of four axes');
    this.#values.set(index, { [order]: value });
    const isKnown = operator.inputs.every((input, place) => input < 0 || this.isConstant(operator, place));
    if (isKnown) this.#constants.add(index);
  }

  /** The output of an operator is one of its inputs. */
  pass(operator: TfliteOperator): void {
    const [from = -1] = operator.inputs;
    if (this.isConstant(operator, 0)) {
      this.give(operator, this.value(operator, from, 'last'), 'last');
      return;
    }
    this.#values.set(operator.outputs[0]!, this.#values.get(from) ?? {});
    this.read(operator, 0, 'last');
  }
}

/** Operators with weights, as TensorFlow calls them. */
const LAYER = /(conv2d|matmul|depthwise|separable)[^/]*$/i;

/** An operator that is several of TensorFlow's has the names of all of them. */
function nodeName(name: string, kind: string): string {
  const names = name.split(';');
  const ofLayer = kind === 'Conv' || kind === 'Gemm' ? names.find((one) => LAYER.test(one)) : undefined;
  return ofLayer ?? names[0]!;
}
