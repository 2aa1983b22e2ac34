/** The calls of layers that a configuration of Keras 1 to 3 describes, each after those whose output it reads. */
import { shown } from '../../safetensors/header.ts';
import { invalid, plain, unsupported } from '../errors.ts';
import { tensorsIn, type TensorRef } from './inbound.ts';
import { get, isList, isObject, listOf, objectOf, type Json, type JsonObject } from './json.ts';
import { described, Layer } from './layer.ts';

/** What reads this reads the input of the network. */
export const NETWORK_INPUT = 'the input';

/** Calls of a network at the most: inside models that are used several times they multiply. */
const MAX_CALLS = 20_000;
/** Models in each other. */
const MAX_DEPTH = 8;

export interface LayerCall {
  /** Of its output. */
  readonly id: string;
  readonly layer: Layer;
  readonly inputs: readonly string[];
}

export interface KerasGraph {
  /** Without the batch. */
  readonly input: readonly number[];
  /** In topological order, without those that the output does not depend on. */
  readonly calls: readonly LayerCall[];
  readonly output: string;
}

interface Scope {
  /** In the id of each call. */
  readonly prefix: string;
  readonly path: readonly string[];
  readonly input: string;
}

/** Throws 'bad-input' for what is no network of one input and one output, and for cycles. */
export function graphOf(model: JsonObject): KerasGraph {
  const builder = new GraphBuilder();
  const output = builder.add(model, { prefix: '', path: [], input: NETWORK_INPUT });
  const { input } = builder;
  if (!input)
    throw invalid(
      'the model does not say the shape of its input',
      'build it with an Input before it is saved',
    );
  return { input, output, calls: orderedCalls(builder.calls, output) };
}

const MODELS = ['Sequential', 'Functional', 'Model', 'Graph'];
export const isModel = (className: string): boolean => MODELS.includes(className);

class GraphBuilder {
  readonly calls = new Map<string, LayerCall>();
  input: readonly number[] | undefined;

  /** Adds the calls of a model; returns the id of its output. */
  add(model: Json, scope: Scope): string {
    const { className, config, name } = described(model);
    if (scope.path.length > MAX_DEPTH) throw invalid(`models are inside each other ${MAX_DEPTH} times`);
    if (className === 'Sequential') return this.#sequential(objectOf(model), scope);
    if (className === 'Functional' || className === 'Model') {
      if (isList(config['layers'])) return this.#functional(config, scope);
      throw unsupported(
        className,
        name,
        'has no list of layers, as a model that is a class of its own has not',
        'build it as a Sequential or functional model',
      );
    }
    throw invalid(
      `the model is ${className === '' ? 'of no class' : `of the class ${plain(className)}`}, only Sequential and Functional are read`,
      'build it as one of these',
    );
  }

  #sequential(model: JsonObject, scope: Scope): string {
    const config = model['config'];
    // A list in Keras 1.
    const layers = isList(config) ? config : listOf(objectOf(config)['layers']);
    let input = scope.input;
    layers.forEach((entry, i) => {
      const { className, config: own } = described(entry);
      if (input === NETWORK_INPUT && i === 0)
        this.#shape(
          shapeOf(own) ??
            sizesOf(get(objectOf(config), 'build_input_shape')) ??
            sizesOf(get(objectOf(get(model, 'build_config')), 'input_shape')) ??
            nestedShapeOf(entry),
        );
      if (className === 'InputLayer') return;
      input = this.#call(entry, `${scope.prefix}${i}`, [input], scope);
    });
    return input;
  }

  #functional(config: JsonObject, scope: Scope): string {
    const [input, ...moreInputs] = referencesOf(config['input_layers']);
    const [output, ...moreOutputs] = referencesOf(config['output_layers']);
    for (const [what, count] of [
      ['inputs', moreInputs.length + (input ? 1 : 0)],
      ['outputs', moreOutputs.length + (output ? 1 : 0)],
    ] as const) {
      if (count !== 1)
        throw invalid(`the model has ${count} ${what}, only 1 can be read`, 'build a model of one');
    }
    const idOf = ({ layer, node, tensor }: TensorRef) => {
      if (tensor !== 0)
        throw invalid(
          `output ${tensor} of layer ${shown(layer)} is used, only layers of one output can be read`,
        );
      return `${scope.prefix}${layer}:${node}`;
    };
    for (const entry of listOf(config['layers'])) {
      const { className, name, config: own } = described(entry);
      const nodes = listOf(objectOf(entry)['inbound_nodes']);
      if (name === input!.layer) {
        if (className !== 'InputLayer')
          throw unsupported(className, name, 'is the input of the model, only an InputLayer can be');
        if (scope.input === NETWORK_INPUT) this.#shape(shapeOf(own));
        this.#alias(`${scope.prefix}${name}:0`, scope.input);
        continue;
      }
      if (className === 'InputLayer') continue;
      nodes.forEach((node, i) => {
        const id = `${scope.prefix}${name}:${i}`;
        this.#alias(id, this.#call(entry, id, tensorsIn(node, name).map(idOf), scope));
      });
    }
    return idOf(output!);
  }

  /** Adds the call of a layer or model. Returns the id of its output. */
  #call(entry: Json, id: string, inputs: readonly string[], { path }: Scope): string {
    const { className, config, name } = described(entry);
    if (isModel(className)) {
      if (inputs.length !== 1)
        throw unsupported(className, name, `reads ${inputs.length} tensors, it takes 1`);
      return this.add(entry, { prefix: `${id}/`, path: [...path, name], input: inputs[0]! });
    }
    this.#put({ id, layer: new Layer(className, name, config, path), inputs });
    return id;
  }

  /** Another name of an output. */
  #alias(id: string, of: string): void {
    if (id !== of) this.#put({ id, layer: ALIAS, inputs: [of] });
  }

  #put(call: LayerCall): void {
    if (this.calls.has(call.id))
      throw invalid(`two layers of the model have the name ${shown(call.layer.name)}`);
    if (this.calls.size >= 2 * MAX_CALLS)
      throw invalid(`the model calls more than ${MAX_CALLS} layers`, 'use a smaller one');
    this.calls.set(call.id, call);
  }

  #shape(shape: readonly number[] | undefined): void {
    this.input ??= shape;
  }
}

const ALIAS = new Layer('Identity', '', {});
export const isAlias = ({ layer }: LayerCall): boolean => layer === ALIAS;

/** The shape of the input that a layer names, without the batch. */
function shapeOf(config: JsonObject): readonly number[] | undefined {
  const batched = sizesOf(get(config, 'batch_input_shape', 'batch_shape'));
  if (batched) return batched;
  const plain = get(config, 'input_shape', 'shape');
  const sizes = isList(plain) ? sizesOf([null, ...plain]) : undefined;
  if (sizes) return sizes;
  const dimension = get(config, 'input_dim');
  return typeof dimension === 'number' ? [dimension] : undefined;
}

/** Of a model that is the first layer of another. */
function nestedShapeOf(entry: Json): readonly number[] | undefined {
  const { className, config } = described(entry);
  if (!isModel(className)) return undefined;
  const first = listOf(config['layers'])[0];
  return (
    shapeOf(described(first).config) ??
    sizesOf(get(config, 'build_input_shape')) ??
    sizesOf(get(objectOf(get(objectOf(entry), 'build_config')), 'input_shape'))
  );
}

/** Sizes after the first, which is the batch. An open one is 0, which is refused with a sentence where shapes are. */
function sizesOf(value: Json): readonly number[] | undefined {
  if (!isList(value) || value.length < 2 || value.length > 8) return undefined;
  return value.slice(1).map((size) => (typeof size === 'number' ? size : 0));
}

/** [["a", 0, 0], ...], or in Keras 3 a single one without a list around it. */
function referencesOf(value: Json): readonly TensorRef[] {
  const list = listOf(value);
  const all = typeof list[0] === 'string' ? [list] : isObject(value) ? Object.values(value) : list;
  return all.slice(0, 64).map((one) => {
    const [layer, node, tensor] = listOf(one);
    if (typeof layer !== 'string') throw invalid('the model names an input or output that is no layer');
    return { layer, node: Number(node ?? 0), tensor: Number(tensor ?? 0) };
  });
}

/** Throws 'bad-input' for an output that nothing gives, and a cycle. */
function orderedCalls(calls: ReadonlyMap<string, LayerCall>, output: string): readonly LayerCall[] {
  const ordered: LayerCall[] = [];
  const state = new Map<LayerCall, 'open' | 'done'>();
  const callOf = (id: string) => {
    const call = calls.get(id);
    if (!call) throw invalid(`the model reads ${shown(id)}, which none of its layers gives`);
    return call;
  };
  if (output === NETWORK_INPUT) throw invalid('the model has no layers');
  // Depth first without recursion: a file may have a chain of any length.
  const stack = [callOf(output)];
  while (stack.length > 0) {
    const call = stack.at(-1)!;
    if (state.get(call) === undefined) {
      state.set(call, 'open');
      for (const id of call.inputs) {
        if (id === NETWORK_INPUT) continue;
        const read = callOf(id);
        if (state.get(read) === 'open')
          throw invalid(`layer ${shown(call.layer.name)} depends on its own output`);
        if (state.get(read) === undefined) stack.push(read);
      }
      continue;
    }
    stack.pop();
    // It may be on the stack twice.
    if (state.get(call) === 'open') {
      state.set(call, 'done');
      ordered.push(call);
    }
  }
  return ordered;
}
