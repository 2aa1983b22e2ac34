/** The network that an import builds: nodes in order, and the parameters that they name. */
import { elementsOf, outputShape, shapeText } from '../../network/shapes.ts';
import { sameOrder } from '../onnx/import/values/value.ts';
import { INPUT, MAX_NAME_LENGTH, type Node, type Shape } from '../../network/network.ts';
import { shown } from '../safetensors/header.ts';
import { invalid } from './errors.ts';
import type { Layer } from './config/layer.ts';
import { featuresBefore, type Value } from './value.ts';
import {
  bytesOf,
  isFloat,
  numbersOf,
  type Parameter,
  type StoredWeight,
  type WeightSource,
} from './weights.ts';

/** Elements of a tensor for an image at the most. */
export const MAX_ELEMENTS = 2 ** 24;
/** Numbers that are in no file, all together. */
const MAX_MADE = 2 ** 22;

type Step = Node extends infer One ? (One extends unknown ? Omit<One, 'name' | 'inputs'> : never) : never;

export class NetworkImport {
  #input: Shape;
  readonly #source: WeightSource;
  readonly #nodes: Node[] = [];
  readonly #shapes = new Map<string, Shape>();
  readonly #parameters = new Map<string, Parameter>();
  readonly #weights = new Map<Layer, readonly StoredWeight[]>();
  /** By what holds them. */
  readonly #bytesRead = new Map<Uint8Array, number>();
  #made = 0;

  constructor(input: Shape, source: WeightSource) {
    this.#input = input;
    this.#source = source;
  }

  get input(): Shape {
    return this.#input;
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  get parameters(): ReadonlyMap<string, Parameter> {
    return this.#parameters;
  }

  /** Gives the input the shape that its first reader takes it as. */
  shapeInput(shape: Shape): void {
    this.#input = shape;
  }

  shapeOf(node: string): Shape {
    return node === INPUT ? this.#input : this.#shapes.get(node)!;
  }

  /** Adds a node of a layer. Returns its name and the shape of its output. Throws 'bad-input' for what does not fit. */
  add(layer: Layer, step: Step, inputs: readonly string[], suffix = ''): { node: string; shape: Shape } {
    const name = this.#unique(layer, suffix);
    const node = { ...step, name, inputs } as Node;
    const shape = outputShape(
      node,
      inputs.map((input) => this.shapeOf(input)),
    );
    if (!(elementsOf(shape) <= MAX_ELEMENTS))
      throw layer.unsupported(
        `gives ${elementsOf(shape)} numbers for each image, at most ${MAX_ELEMENTS} are supported`,
      );
    this.#nodes.push(node);
    this.#shapes.set(name, shape);
    return { node: name, shape };
  }

  /** Takes back the node that was added last. */
  removeLast(): void {
    this.#shapes.delete(this.#nodes.pop()!.name);
  }

  #unique({ name, path }: Layer, suffix: string): string {
    const full = [...path, name].join('/').slice(0, MAX_NAME_LENGTH - 50) || 'layer';
    for (let i = 1; ; i++) {
      const unique = `${full}${suffix}${i === 1 ? '' : ` (${i})`}`;
      if (!this.#shapes.has(unique) && unique !== INPUT) return unique;
    }
  }

  /** What the file has for a layer. */
  storedOf(layer: Layer): readonly StoredWeight[] {
    let stored = this.#weights.get(layer);
    if (!stored) this.#weights.set(layer, (stored = this.#source(layer)));
    return stored;
  }

  /** The weights that a layer must have, by role, all of them or none more. Throws 'bad-input' where they are others. */
  weightsOf<Role extends string>(layer: Layer, roles: readonly Role[]): Readonly<Record<Role, StoredWeight>> {
    const stored = this.storedOf(layer);
    const byRole = new Map(stored.map((weight) => [weight.role, weight]));
    const isNamed = roles.every((role) => byRole.has(role));
    if (stored.length !== roles.length)
      throw layer.unsupported(
        `has ${stored.length} weights in the file, it needs ${roles.length}`,
        'save the model again with Keras',
      );
    return Object.fromEntries(
      roles.map((role, i) => [role, isNamed ? byRole.get(role)! : stored[i]!]),
    ) as Record<Role, StoredWeight>;
  }

  /** Throws 'bad-input' unless a weight has this shape in the file. */
  check(layer: Layer, { name, shape }: StoredWeight, expected: Shape): void {
    if (shape.length === expected.length && shape.every((size, axis) => size === expected[axis])) return;
    throw layer.unsupported(
      `has ${shown(name)} as ${shapeText(shape)}, it needs ${shapeText(expected)}`,
      'save the model again with Keras',
    );
  }

  /**
   * The name of a parameter, whose number i is number `orderOf()[i]` of the weight; `orderOf` is called once the weight is known to have
   * that many. Throws 'bad-input' if layers that share a weight need it in different orders.
   */
  parameter(layer: Layer, stored: StoredWeight, orderOf: () => Uint32Array | undefined): string {
    const { name, type, quantization } = stored;
    if (!isFloat(type) && !quantization)
      throw layer.unsupported(`has ${shown(name)} as ${type}, only floating-point numbers can be read`);
    const order = orderOf();
    const known = this.#parameters.get(name);
    if (known) {
      if (!known.origin || !sameOrder(known.origin.order, order))
        throw layer.unsupported(`reads ${shown(name)} in another order than a layer before it`);
      return name;
    }
    const bytesRead = (this.#bytesRead.get(stored.bytes) ?? 0) + bytesOf(stored);
    this.#bytesRead.set(stored.bytes, bytesRead);
    if (bytesRead > stored.bytes.length) throw invalid('weights of the file overlap each other');
    const numbers = numbersOf(stored);
    const values = order ? Float32Array.from(order, (index) => numbers[index]!) : numbers;
    this.#parameters.set(name, { values, origin: { stored, order } });
    return name;
  }

  /** The name of one number per channel of `x`, or feature, that lies in the file in the order of Keras. */
  vector(layer: Layer, stored: StoredWeight, x: Value): string {
    const channels = this.shapeOf(x.node)[0]!;
    this.check(layer, stored, [channels]);
    return this.parameter(layer, stored, () => featuresBefore(x, channels));
  }

  /** The name of the same number for each channel of `x`, which the file has no place for. */
  constant(layer: Layer, purpose: string, x: Value, values: (channel: number) => number): string {
    const channels = this.shapeOf(x.node)[0]!;
    this.#made += channels;
    if (this.#made > MAX_MADE)
      throw layer.unsupported(`comes after ${MAX_MADE} numbers that are not in the file`);
    const wanted = this.#unique(layer, `.${purpose}`);
    const made = Float32Array.from({ length: channels }, (_, channel) => values(channel));
    for (let i = 1; ; i++) {
      const name = i === 1 ? wanted : `${wanted} (${i})`;
      if (this.#parameters.has(name)) continue;
      this.#parameters.set(name, { values: made });
      return name;
    }
  }
}
