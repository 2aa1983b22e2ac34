/** Models of Keras 1 to 3 as HDF5, with the network in the attribute `model_config`. */
import type { MasksearchError } from '../../core/error.ts';
import type { Container, ContainerFiles, Tensors } from '../../network/container.ts';
import type { Model } from '../../network/model.ts';
import { modelFromCheckpoint } from '../checkpoint/model.ts';
import { openHdf5, type Hdf5Object } from '../hdf5/file.ts';
import type { ModelOptions } from '../model-options.ts';
import { shown } from '../safetensors/header.ts';
import { invalid } from './errors.ts';
import { namesIn, roleOf } from './h5-names.ts';
import { h5Checkpoint } from './h5-weights.ts';
import { parsed } from './config/json.ts';
import type { Layer } from './config/layer.ts';
import { modelOf } from './model.ts';
import { changedBytes, layoutsOf, type Parameters, type StoredWeight, type WeightSource } from './weights.ts';

/** The model in an .h5 file of Keras; it remembers the file. Throws 'bad-input' for damage, weights alone, and what no network here can do. */
export function modelFromH5(file: Uint8Array, options?: ModelOptions): Model {
  const root = openHdf5(file);
  const config = root.texts('model_config')?.[0];
  if (config === undefined) {
    const weights = h5Checkpoint(file);
    if (!weights) throw withoutNetwork();
    return modelFromCheckpoint(weights, options ?? {}, (written) => h5Checkpoint(written)!);
  }
  const group = root.get('model_weights');
  if (!group) throw invalid('the HDF5 file holds a network, but no weights', 'save it with its weights');
  return modelOf(
    {
      config: parsed(config, 'model_config of the HDF5 file'),
      weights: weightsIn(group),
      version: root.texts('keras_version')?.[0] ?? group.texts('keras_version')?.[0],
      containerOf: (parameters) => new H5Container(root, parameters),
    },
    options,
  );
}

const withoutNetwork = (): MasksearchError =>
  invalid('the HDF5 file holds no model of Keras', 'save the model with model.save("model.h5")');

/** Each layer has a group, whose attribute has the names of its weights in their order. Layers of a model in the model are in its group. */
function weightsIn(group: Hdf5Object): WeightSource {
  const layers = namesIn(group, 'layer_names');
  const taken = new Map<string, string>();
  return ({ name, path }: Layer) => {
    const outer = path[0] ?? name;
    const found = layers === undefined || layers.includes(outer) ? group.get(outer) : undefined;
    if (!found) return [];
    return (namesIn(found, 'weight_names') ?? []).flatMap((weight): readonly StoredWeight[] => {
      const parts = weight.split('/');
      if (path.length > 0 && !parts.slice(0, -1).includes(name)) return [];
      const full = `${outer}/${weight}`;
      const dataset = found.get(weight);
      if (!dataset) throw invalid(`the HDF5 file names the weights ${shown(full)}, which it does not hold`);
      // The name of the weights alone is short, and unique in all files but a few.
      const owner = taken.get(weight) ?? full;
      taken.set(weight, owner);
      return [{ name: owner === full ? weight : full, role: roleOf(weight), ...dataset.dataset() }];
    });
  };
}

class H5Container implements Container {
  readonly extension = 'h5';
  readonly beside: readonly string[] = [];
  readonly layouts: Container['layouts'];
  readonly #root: Hdf5Object;
  readonly #parameters: Parameters;

  constructor(root: Hdf5Object, parameters: Parameters) {
    this.#root = root;
    this.#parameters = parameters;
    this.layouts = layoutsOf(parameters);
  }

  write(tensors: Tensors): ContainerFiles {
    const changed = changedBytes(this.#parameters, tensors);
    return { main: this.#root.fileWith(changed), beside: new Map() };
  }

  read({ main }: ContainerFiles): Tensors {
    return modelFromH5(main).tensors;
  }
}
