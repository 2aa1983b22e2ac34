/** Models of Keras as .keras: a zip file of the network as JSON and of the weights as HDF5. */
import type { Container, ContainerFiles, Tensors } from '../../network/container.ts';
import type { Model } from '../../network/model.ts';
import { isZip, zipEntries, type ZipEntry } from '../arrays/zip.ts';
import { openHdf5, type Hdf5Object } from '../hdf5/file.ts';
import type { ModelOptions } from '../model-options.ts';
import { invalid } from './errors.ts';
import { get, objectOf, parsed } from './config/json.ts';
import { modelOf } from './model.ts';
import { entryData, withEntry } from './rezip.ts';
import { changedBytes, layoutsOf, type Parameters } from './weights.ts';
import { weightsInZip } from './zip-weights.ts';

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = /\.weights\.h5$/;

/** Whether a file is a zip file with the entries of a model. */
export function isKerasZip(bytes: Uint8Array): boolean {
  if (!isZip(bytes)) return false;
  try {
    const names = zipEntries(bytes).map((entry) => entry.name);
    return names.includes(CONFIG) && names.some((one) => WEIGHTS.test(one));
  } catch {
    // Damaged: its name decides.
    return false;
  }
}

/** The model in a .keras file; it remembers the file. Throws 'bad-input' for damage, and for what no network here can do. */
export function modelFromKeras(file: Uint8Array, options?: ModelOptions): Model {
  const entries = zipEntries(file);
  const named = (name: string) => entries.find((entry) => entry.name === name);
  const config = jsonOf(named(CONFIG), CONFIG);
  const [weights, ...more] = entries.filter(({ name }) => WEIGHTS.test(name));
  if (!weights || more.length > 0)
    throw invalid(
      `the .keras file holds ${weights ? more.length + 1 : 0} files of weights, only 1 can be read`,
      'save the model again, in one piece',
    );
  const root = openHdf5(entryData(weights));
  const metadata = named(METADATA);
  const version = metadata && get(objectOf(jsonOf(metadata, METADATA)), 'keras_version');
  return modelOf(
    {
      config,
      weights: weightsInZip(config, root),
      version: typeof version === 'string' ? version : '3',
      containerOf: (parameters) => new KerasContainer({ file, entries, weights, root }, parameters),
    },
    options,
  );
}

function jsonOf(entry: ZipEntry | undefined, name: string) {
  if (!entry) throw invalid(`the .keras file has no ${name}`);
  return parsed(new TextDecoder().decode(entryData(entry)), `${name} of the .keras file`);
}

interface Source {
  readonly file: Uint8Array;
  readonly entries: readonly ZipEntry[];
  readonly weights: ZipEntry;
  readonly root: Hdf5Object;
}

class KerasContainer implements Container {
  readonly extension = 'keras';
  readonly beside: readonly string[] = [];
  readonly layouts: Container['layouts'];
  readonly #source: Source;
  readonly #parameters: Parameters;

  constructor(source: Source, parameters: Parameters) {
    this.#source = source;
    this.#parameters = parameters;
    this.layouts = layoutsOf(parameters);
  }

  write(tensors: Tensors): ContainerFiles {
    const { file, entries, weights, root } = this.#source;
    const changed = changedBytes(this.#parameters, tensors);
    const main =
      changed.size > 0 ? withEntry(file, entries, weights, root.fileWith(changed)) : new Uint8Array(file);
    return { main, beside: new Map() };
  }

  read({ main }: ContainerFiles): Tensors {
    return modelFromKeras(main).tensors;
  }
}
