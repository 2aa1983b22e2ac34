/** Finds the weights in what a PyTorch pickle describes: a state dict, a checkpoint that holds one, a whole module, or a TorchScript module. */
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';
import { damagedTorch } from './errors.ts';
import { PickleDict, PickleList, PickleObject, PickleTuple, type PickleValue } from './pickle/values.ts';
import { TensorRef } from './tensor-ref.ts';

/** A tensor of a kind that is not read, such as a quantised one. */
export type StateTensor = TensorRef | PickleObject;

export interface StateDict {
  /** Keys and attributes that lead to it. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StateTensor>;
  /** What the file holds, for messages. */
  readonly what: string;
}

/** Where training loops put the state dict of the network. */
const USUAL = ['state_dict', 'model_state_dict', 'model', 'net', 'network', 'module', 'weights', 'params'];

/** The only state dict, or of several the only one under a usual name. Throws 'bad-input' if there is none, and if it is not clear which. */
export function stateDictIn(root: PickleValue): StateDict {
  const found = new Finder().dictsIn(root, '', 0);
  const usual = found.filter(({ path }) => USUAL.includes(path.split('.').at(-1)!));
  const [only, second] = found.length > 1 && usual.length > 0 ? usual : found;
  if (only && !second) return only;
  if (!only)
    throw new MasksearchError(
      'bad-input',
      'the file holds no dict of weights',
      'save the network with torch.save(model.state_dict(), path)',
    );
  const paths = found.map(({ path }) => shown(path)).slice(0, 8);
  throw new MasksearchError(
    'bad-input',
    `the file holds ${found.length} dicts of weights, under ${paths.join(', ')}`,
    `save one of them alone, as with torch.save(checkpoint["state_dict"], path)`,
  );
}

/** Checkpoints keep state dicts at most so deep. */
const MAX_DEPTH = 4;
/** Modules are nested at most so deep. */
const MAX_NESTED = 64;
/** Values that are looked at: the file decides how often one is referred to. */
const MAX_VALUES = 500_000;

class Finder {
  #values = 0;

  #count(values: number): void {
    this.#values += values;
    if (this.#values > MAX_VALUES)
      throw damagedTorch(`the pickle refers to more than ${MAX_VALUES} values, which no network needs`);
  }

  /** All dicts of weights in a value; of a dict of weights, itself alone. */
  dictsIn(value: PickleValue, path: string, depth: number): readonly StateDict[] {
    if (depth > MAX_DEPTH) return [];
    if (value instanceof PickleObject) {
      const module = this.#module(value, path);
      if (module || value.dict.entries.size === 0) return module ? [module] : [];
      return this.dictsIn(value.dict, path, depth);
    }
    const members = membersOf(value);
    this.#count(members.length);
    const tensors = tensorsAmong(members);
    if (holdsWeights(tensors)) return [{ path, tensors, what: 'weights and no graph' }];
    // An optimizer's state has tensors of the same shapes.
    if (members.some(([name]) => name === 'param_groups')) return [];
    return members.flatMap(([name, member]) =>
      this.dictsIn(member, path === '' ? name : `${path}.${name}`, depth + 1),
    );
  }

  #module(object: PickleObject, path: string): StateDict | undefined {
    const isScript = object.of.module.startsWith('__torch__');
    if (!isScript && !attribute(object, '_modules')) return undefined;
    const tensors = new Map<string, StateTensor>();
    if (isScript) this.#addScripted(object, '', tensors, 0);
    else this.#addModule(object, '', tensors, 0);
    if (!holdsWeights(tensors)) return undefined;
    const name = shown(isScript ? object.of.name : object.of.path);
    const what = isScript
      ? `the weights of a TorchScript module ${name}, whose graph is code that is not read`
      : `the weights of a whole module of class ${name}, whose graph is Python code that is not in it`;
    return { path, tensors, what };
  }

  /** The parameters and buffers of a module and of those in it, under the names that its state dict has. */
  #addModule(object: PickleObject, prefix: string, tensors: Map<string, StateTensor>, depth: number): void {
    this.#checkNested(depth);
    for (const kind of ['_parameters', '_buffers', '_modules']) {
      const members = membersOf(attribute(object, kind) ?? null);
      this.#count(members.length + 1);
      for (const [name, member] of members) {
        if (isTensor(member)) tensors.set(`${prefix}${name}`, member);
        else if (member instanceof PickleObject)
          this.#addModule(member, `${prefix}${name}.`, tensors, depth + 1);
      }
    }
  }

  /** A scripted module has all of them as attributes. */
  #addScripted(object: PickleObject, prefix: string, tensors: Map<string, StateTensor>, depth: number): void {
    this.#checkNested(depth);
    const members = membersOf(object.state);
    this.#count(members.length + 1);
    for (const [name, member] of members) {
      if (isTensor(member)) tensors.set(`${prefix}${name}`, member);
      else if (member instanceof PickleObject)
        this.#addScripted(member, `${prefix}${name}.`, tensors, depth + 1);
    }
  }

  #checkNested(depth: number): void {
    if (depth > MAX_NESTED) throw damagedTorch(`modules are nested more than ${MAX_NESTED} deep`);
  }
}

/** An attribute of an object, if it was pickled with its attributes as a dict. */
function attribute({ state }: PickleObject, name: string): PickleValue | undefined {
  const attributes = state instanceof PickleTuple ? state.items[1] : state;
  return attributes instanceof PickleDict ? attributes.entries.get(name) : undefined;
}

type Member = readonly [name: string, value: PickleValue];

/** Members of dicts by their keys, of lists by their numbers. */
function membersOf(value: PickleValue): readonly Member[] {
  if (value instanceof PickleDict)
    return [...value.entries].flatMap(([key, member]): Member[] =>
      typeof key === 'string' || typeof key === 'number' ? [[String(key), member]] : [],
    );
  if (value instanceof PickleList || value instanceof PickleTuple)
    return value.items.map((member, i) => [String(i), member]);
  // Of a dict that is no dict, such as one whose class is not known.
  return value instanceof PickleObject ? membersOf(value.dict) : [];
}

/** Functions of PyTorch that make tensors of kinds that are not read here. */
const OTHER_TENSOR = /^torch\._utils\._rebuild_\w*tensor/;

const isTensor = (value: PickleValue): value is StateTensor =>
  value instanceof TensorRef || (value instanceof PickleObject && OTHER_TENSOR.test(value.of.path));

function tensorsAmong(members: readonly Member[]): ReadonlyMap<string, StateTensor> {
  return new Map(members.filter((member): member is [string, StateTensor] => isTensor(member[1])));
}

/** A checkpoint may hold a tensor of its own, such as the loss; weights have rows. */
const holdsWeights = (tensors: ReadonlyMap<string, StateTensor>) =>
  [...tensors.values()].some((tensor) => tensor instanceof PickleObject || tensor.shape.length > 1);
