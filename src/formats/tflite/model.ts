/** Models in TFLite files. */
import { MasksearchError } from '../../core/error.ts';
import { checkModel } from '../../network/check-model.ts';
import type { Container, ContainerFiles, TensorLayout } from '../../network/container.ts';
import type { Model, Tensors } from '../../network/model.ts';
import { checkHoldsNetwork, normalizationFrom, type ModelOptions } from '../model-options.ts';
import type { ImportedNetwork } from '../onnx/import/end.ts';
import { importNetwork } from '../onnx/import/import.ts';
import type { Parameter } from '../onnx/import/network-import.ts';
import { isQuantized } from './constants.ts';
import { decodeTflite, type TfliteTensor } from './decode.ts';
import { FIX } from './errors.ts';
import { translated, type TranslatedGraph } from './translate/graph.ts';
import { withNumbers } from './write.ts';

/**
 * The model in a TFLite file of float32 activations; it remembers the file. Its parameters have the names of the file's tensors, and share
 * their memory where they can. Throws 'bad-input' for a damaged file, and for what no network here can do.
 */
export function modelFromTflite(file: Uint8Array, options: ModelOptions = {}): Model {
  checkHoldsNetwork('a TFLite file', options);
  const decoded = decodeTflite(file);
  const graph = translated(decoded, file);
  const { network, parameters, task, scalesBytes } = imported(graph, file, options);
  const stored = new Map(decoded.tensors.map((tensor) => [tensor.name, tensor]));
  const model: Model = {
    ...{ network, task, tensors: new Map([...parameters].map(([name, { values }]) => [name, values])) },
    normalization: {
      ...normalizationFrom(options),
      ...(scalesBytes && options.scale === undefined && { scale: 1 }),
    },
    container: new TfliteContainer(file, stored, parameters),
    warnings: warningsOf(graph, stored, parameters),
  };
  checkModel(model);
  return model;
}

function imported(graph: TranslatedGraph, file: Uint8Array, { task }: ModelOptions): ImportedNetwork {
  try {
    return importNetwork(graph.model, file, graph.dequantized, { stored: undefined, asked: task });
  } catch (error) {
    // Advice there is about other files.
    throw error instanceof MasksearchError && /onnx|export/i.test(error.fix) ? error.withFix(FIX) : error;
  }
}

/** Sentences on how the file is computed with otherwise than TFLite does. */
function warningsOf(
  { quantizes }: TranslatedGraph,
  stored: ReadonlyMap<string, TfliteTensor>,
  parameters: ReadonlyMap<string, Parameter>,
): readonly string[] {
  const origins = [...parameters.values()].flatMap(({ origin }) => stored.get(origin?.name ?? '') ?? []);
  const quantized = origins.filter(isQuantized);
  const types = [...new Set(quantized.map(({ type }) => type!))].join(' and ');
  return [
    ...(quantized.length > 0
      ? [
          `${quantized.length} of the ${origins.length} parameters of the file are ${types} and are computed with as the float32 numbers that they stand for`,
        ]
      : []),
    ...(quantizes ? ['the network rounds numbers to 8 bits between operators, which is not done here'] : []),
  ];
}

/** Writes parameters into the file that they came from. */
class TfliteContainer implements Container {
  readonly extension = 'tflite';
  readonly beside: readonly string[] = [];
  readonly layouts: ReadonlyMap<string, TensorLayout>;
  readonly #file: Uint8Array;
  readonly #stored: ReadonlyMap<string, TfliteTensor>;
  readonly #parameters: ReadonlyMap<string, Parameter>;

  constructor(
    file: Uint8Array,
    stored: ReadonlyMap<string, TfliteTensor>,
    parameters: ReadonlyMap<string, Parameter>,
  ) {
    this.#file = file;
    this.#stored = stored;
    this.#parameters = parameters;
    this.layouts = new Map(
      [...parameters].flatMap(([name, { origin }]) =>
        origin && stored.has(origin.name)
          ? [[name, { shape: origin.tensor.shape, order: origin.order }] as const]
          : [],
      ),
    );
  }

  write(tensors: Tensors): ContainerFiles {
    return {
      main: withNumbers(this.#file, this.#stored, this.#parameters, tensors),
      beside: new Map(),
    };
  }

  read({ main }: ContainerFiles): Tensors {
    return modelFromTflite(main).tensors;
  }
}
