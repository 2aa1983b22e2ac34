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
import { isTorch, modelFromTorch, TORCH_NAME } from './torch/model.ts';

export type { NamedFile } from './model-format.ts';

/** Of an ONNX file: the tag of its version. */
const VERSION_TAG = 0x08;

const onnx: ModelFormat = {
  name: 'ONNX',
  matches: (bytes) => bytes[0] === VERSION_TAG,
  named: /\.onnx$/i,
  filesBeside: externalLocations,
  read: ({ bytes }, options, beside) => modelFromOnnx(bytes, options, beside),
};

const safetensors: ModelFormat = {
  name: 'safetensors',
  matches: isSafetensors,
  named: /\.safetensors$/i,
  read: ({ bytes }, options) => modelFromSafetensors(bytes, options),
};

const h5: ModelFormat = {
  name: 'Keras .h5',
  matches: isHdf5,
  named: /\.h5$/i,
  read: ({ bytes }, options) => modelFromH5(bytes, options),
};

const keras: ModelFormat = {
  name: 'Keras .keras',
  matches: isKerasZip,
  named: /\.keras$/i,
  read: ({ bytes }, options) => modelFromKeras(bytes, options),
};

const tfjs: ModelFormat = {
  name: 'TensorFlow.js',
  matches: isTfjs,
  named: /\bmodel\.json$/i,
  filesBeside: shardsOf,
  read: ({ bytes }, options, beside) => modelFromTfjs(bytes, options, beside),
};

const torch: ModelFormat = {
  name: 'PyTorch',
  matches: isTorch,
  named: TORCH_NAME,
  read: (file, options) => modelFromTorch(file, options),
};

const tflite: ModelFormat = {
  name: 'TFLite',
  matches: isTflite,
  named: /\.tflite$/i,
  read: ({ bytes }, options) => modelFromTflite(bytes, options),
};

/** The first whose bytes a file has is its format, else the first whose name it has. */
const FORMATS: readonly ModelFormat[] = [h5, keras, safetensors, tflite, tfjs, onnx, torch];

/** The format of a model's file; undefined if it is none that is known. */
export function modelFormatOf({ name, bytes }: NamedFile): ModelFormat | undefined {
  return FORMATS.find((format) => format.matches(bytes)) ?? FORMATS.find((format) => format.named.test(name));
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
