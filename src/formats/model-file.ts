/** Models in files of any format that is read. */
import type { Model } from '../network/model.ts';
import { isSafetensors } from './arrays/safetensors.ts';
import { isHdf5 } from './hdf5/file.ts';
import { modelFromH5 } from './keras/h5.ts';
import { isKerasZip, modelFromKeras } from './keras/zip.ts';
import type { FilesBeside, ModelFormat, NamedFile } from './model-format.ts';
import type { ModelOptions } from './model-options.ts';
import { externalLocations, modelFromOnnx } from './onnx/model.ts';
import { modelFromSafetensors } from './safetensors/model.ts';
import { isTfjs, modelFromTfjs, shardsOf } from './tfjs/model.ts';
import { isTflite } from './tflite/decode.ts';
import { modelFromTflite } from './tflite/model.ts';
import { isTorch, modelFromTorch } from './torch/model.ts';

export type { NamedFile } from './model-format.ts';

/** Of an ONNX file: the tag of its version. */
const VERSION_TAG = 0x08;

const onnx: ModelFormat = {
  name: 'ONNX',
  matches: ({ name, bytes }) => bytes[0] === VERSION_TAG || /\.onnx$/i.test(name),
  filesBeside: externalLocations,
  read: ({ bytes }, options, beside) => modelFromOnnx(bytes, options, beside),
};

const safetensors: ModelFormat = {
  name: 'safetensors',
  matches: ({ bytes }) => isSafetensors(bytes),
  read: ({ bytes }, options) => modelFromSafetensors(bytes, options),
};

const h5: ModelFormat = {
  name: 'Keras .h5',
  matches: ({ bytes }) => isHdf5(bytes),
  read: ({ bytes }, options) => modelFromH5(bytes, options),
};

const keras: ModelFormat = {
  name: 'Keras .keras',
  matches: ({ name, bytes }) => isKerasZip(name, bytes),
  read: ({ bytes }, options) => modelFromKeras(bytes, options),
};

const tfjs: ModelFormat = {
  name: 'TensorFlow.js',
  matches: ({ bytes }) => isTfjs(bytes),
  filesBeside: shardsOf,
  read: ({ bytes }, options, beside) => modelFromTfjs(bytes, options, beside),
};

const torch: ModelFormat = {
  name: 'PyTorch',
  matches: isTorch,
  read: (file, options) => modelFromTorch(file, options),
};

const tflite: ModelFormat = {
  name: 'TFLite',
  matches: ({ name, bytes }) => isTflite(bytes) || /\.tflite$/i.test(name),
  read: ({ bytes }, options) => modelFromTflite(bytes, options),
};

/** The first that a file matches is its format. */
const FORMATS: readonly ModelFormat[] = [h5, keras, safetensors, tflite, tfjs, onnx, torch];

/** What a damaged file is by its name. */
const NAMED: readonly (readonly [RegExp, ModelFormat])[] = [
  [/\.h5$/i, h5],
  [/\.keras$/i, keras],
];

/** The format of a model's file; undefined if it is none that is known. */
export function modelFormatOf(file: NamedFile): ModelFormat | undefined {
  return FORMATS.find((format) => format.matches(file)) ?? NAMED.find(([name]) => name.test(file.name))?.[1];
}

/** Names of the files that must be read beside this one. Throws 'bad-input'. */
export function filesBeside(file: NamedFile): readonly string[] {
  return modelFormatOf(file)?.filesBeside?.(file.bytes) ?? [];
}

/**
 * The model in a file of any of these formats. Throws 'bad-input'; see their readers. What is of no known format is read as safetensors, whose reader says
 * what is wrong with it.
 *
 * @param beside the files of `filesBeside`, by name
 */
export function modelFromFile(file: NamedFile, options?: ModelOptions, beside?: FilesBeside): Model {
  return (modelFormatOf(file) ?? safetensors).read(file, options, beside);
}
