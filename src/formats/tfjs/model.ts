/** Layers models of TensorFlow.js: `model.json`, and weights in files beside it. */
import { MasksearchError } from '../../core/error.ts';
import type { Container, ContainerFiles, Tensors } from '../../network/container.ts';
import type { Model } from '../../network/model.ts';
import { invalid } from '../keras/errors.ts';
import { get, isObject, objectOf, parsed } from '../keras/config/json.ts';
import type { Layer } from '../keras/config/layer.ts';
import { modelOf } from '../keras/model.ts';
import {
  changedBytes,
  layoutsOf,
  type Parameters,
  type StoredWeight,
  type WeightSource,
} from '../keras/weights.ts';
import type { FilesBeside } from '../model-format.ts';
import type { ModelOptions } from '../model-options.ts';
import { bytesOfGroup, groupsIn, weightsOfGroup, type WeightGroup } from './manifest.ts';

/** A file that is longer is no `model.json`. */
const MAX_BYTES = 2 ** 25;

/** Whether a file is JSON with the keys of a model. */
export function isTfjs(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > 0x20);
  if (first !== 0x7b || bytes.length > MAX_BYTES) return false;
  const text = new TextDecoder().decode(bytes);
  return text.includes('"modelTopology"') && text.includes('"weightsManifest"');
}

/** Names of the files of weights. Throws 'bad-input' for one that is not beside `model.json`. */
export function shardsOf(file: Uint8Array): readonly string[] {
  return groupsIn(jsonOf(file)).flatMap(({ paths }) => paths);
}

const jsonOf = (file: Uint8Array) => parsed(new TextDecoder().decode(file), 'model.json');

/** The model in a `model.json`; it remembers its files. Throws 'bad-input' for damage, missing files, and what no network here can do. */
export function modelFromTfjs(
  file: Uint8Array,
  options?: ModelOptions,
  beside: FilesBeside = new Map(),
): Model {
  const json = jsonOf(file);
  const topology = objectOf(json['modelTopology']);
  if (json['format'] === 'graph-model' || Array.isArray(topology['node']))
    throw new MasksearchError(
      'bad-input',
      'model.json holds a graph model of TensorFlow, only layers models are read',
      'convert the Keras model with --output_format tfjs_layers_model, or give it as .h5 or .keras',
    );
  const described = topology['model_config'];
  const config = isObject(described) ? described : topology;
  const groups = groupsIn(json).map((group) => ({ group, bytes: bytesOfGroup(group, beside) }));
  const version = get(topology, 'keras_version');
  return modelOf(
    {
      config,
      weights: weightsOf(groups.flatMap(({ group, bytes }) => weightsOfGroup(group, bytes))),
      version: typeof version === 'string' ? version : undefined,
      containerOf: (parameters) => new TfjsContainer(file, beside, groups, parameters),
    },
    options,
  );
}

/** Weights have the name of their layer before their own. */
function weightsOf(all: readonly StoredWeight[]): WeightSource {
  const byLayer = new Map<string, StoredWeight[]>();
  const names = new Set<string>();
  for (const weight of all) {
    if (names.has(weight.name)) throw invalid('two weights of model.json have the same name');
    names.add(weight.name);
    const layer = weight.name.split('/').at(-2) ?? '';
    const list = byLayer.get(layer);
    if (list) list.push(weight);
    else byLayer.set(layer, [weight]);
  }
  return ({ name, path }: Layer) => {
    const found = byLayer.get(name) ?? [];
    const outer = path.at(-1);
    const inside = found.filter((weight) => outer !== undefined && weight.name.split('/').includes(outer));
    return inside.length > 0 ? inside : found;
  };
}

interface ReadGroup {
  readonly group: WeightGroup;
  readonly bytes: Uint8Array;
}

class TfjsContainer implements Container {
  readonly extension = 'json';
  readonly layouts: Container['layouts'];
  readonly #file: Uint8Array;
  readonly #files: FilesBeside;
  readonly #groups: readonly ReadGroup[];
  readonly #parameters: Parameters;

  constructor(file: Uint8Array, files: FilesBeside, groups: readonly ReadGroup[], parameters: Parameters) {
    this.#file = file;
    this.#files = files;
    this.#groups = groups;
    this.#parameters = parameters;
    this.layouts = layoutsOf(parameters);
  }

  get beside(): readonly string[] {
    return this.#groups.flatMap(({ group }) => group.paths);
  }

  write(tensors: Tensors): ContainerFiles {
    const changed = changedBytes(this.#parameters, tensors);
    const beside = new Map<string, Uint8Array>();
    for (const { group, bytes } of this.#groups) {
      const after = changed.get(bytes) ?? bytes;
      let begin = 0;
      for (const path of group.paths) {
        const { length } = this.#files.get(path)!;
        beside.set(path, new Uint8Array(after.subarray(begin, begin + length)));
        begin += length;
      }
    }
    return { main: new Uint8Array(this.#file), beside };
  }

  read({ main, beside }: ContainerFiles): Tensors {
    return modelFromTfjs(main, {}, beside).tensors;
  }
}
