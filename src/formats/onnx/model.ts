/** Models in ONNX files. */
import type { Container, ContainerFiles, TensorLayout } from '../../network/container.ts';
import { checkModel } from '../../network/check-model.ts';
import type { Model, Tensors } from '../../network/model.ts';
import { checkHoldsNetwork, normalizationFrom, type ModelOptions } from '../model-options.ts';
import { decodeOnnx } from './decode.ts';
import { importNetwork } from './import/import.ts';
import type { Parameter } from './import/network-import.ts';
import { checkLocation } from './external.ts';
import { storedTask } from './metadata.ts';
import { storedNormalization } from '../checkpoint/metadata.ts';
import type { ExternalFiles } from './tensor-numbers.ts';
import { withNumbers } from './write.ts';

/** Names of the files beside an ONNX model that hold its weights. Throws 'bad-input' for one that is not beside it. */
export function externalLocations(file: Uint8Array): readonly string[] {
  const { graph } = decodeOnnx(file);
  const constants = graph.nodes.flatMap(({ attributes }) =>
    [...attributes.values()].flatMap((attribute) => (attribute.kind === 'tensor' ? [attribute.value] : [])),
  );
  const locations = [...graph.initializers, ...constants].flatMap(({ data }) =>
    data.kind === 'external' ? [data.location] : [],
  );
  const unique = [...new Set(locations)];
  unique.forEach((location) => checkLocation(location));
  return unique;
}

/**
 * The model in an ONNX file, opsets 7 to 22; it remembers the file. Its parameters have the names of the initializers, and share the memory
 * of `file` where they can. Normalisation and task are those of `options`, else those that `modelToOnnx` wrote beside the graph. Throws
 * 'bad-input' for a damaged file, for what no network here can do, and for files that are missing.
 *
 * @param external files beside it, by the names of `externalLocations`
 */
export function modelFromOnnx(
  file: Uint8Array,
  options: ModelOptions = {},
  external: ExternalFiles = new Map(),
): Model {
  checkHoldsNetwork('an ONNX file', options);
  const decoded = decodeOnnx(file);
  const { metadata } = decoded;
  const found = importNetwork(decoded, file, external, {
    stored: storedTask(metadata),
    asked: options.task,
  });
  const { network, parameters, task } = found;
  const tensors = new Map([...parameters].map(([name, { values }]) => [name, values]));
  const model: Model = {
    ...{ network, tensors, task },
    normalization: {
      ...normalizationFrom(options),
      ...(found.scalesBytes && options.scale === undefined && { scale: 1 }),
      ...storedNormalization(metadata, options),
    },
    container: new OnnxContainer(file, external, parameters),
  };
  checkModel(model);
  return model;
}

/** Writes parameters into the file that they came from. */
class OnnxContainer implements Container {
  readonly extension = 'onnx';
  readonly layouts: ReadonlyMap<string, TensorLayout>;
  readonly #file: Uint8Array;
  readonly #external: ExternalFiles;
  readonly #parameters: ReadonlyMap<string, Parameter>;

  constructor(file: Uint8Array, external: ExternalFiles, parameters: ReadonlyMap<string, Parameter>) {
    this.#file = file;
    this.#external = external;
    this.#parameters = parameters;
    this.layouts = new Map(
      [...parameters].flatMap(([name, { origin }]) =>
        origin ? [[name, { shape: origin.tensor.shape, order: origin.order }] as const] : [],
      ),
    );
  }

  write(tensors: Tensors): ContainerFiles {
    return withNumbers(this.#file, this.#external, this.#parameters, tensors);
  }

  get beside(): readonly string[] {
    return [...this.#external.keys()];
  }

  read({ main, beside }: ContainerFiles): Tensors {
    return modelFromOnnx(main, {}, beside).tensors;
  }
}
