/** Models in files of any format that is read. */
import type { Model } from '../network/model.ts';
import { isSafetensors } from './arrays/safetensors.ts';
import type { FilesBeside, ModelFormat, NamedFile } from './model-format.ts';
import type { ModelOptions } from './model-options.ts';
import { externalLocations, modelFromOnnx } from './onnx/model.ts';
import { modelFromSafetensors } from './safetensors/model.ts';
import { isTflite } from './tflite/decode.ts';
import { modelFromTflite } from './tflite/model.ts';

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

const tflite: ModelFormat = {
  name: 'TFLite',
  matches: ({ name, bytes }) => isTflite(bytes) || /\.tflite$/i.test(name),
  read: ({ bytes }, options) => modelFromTflite(bytes, options),
};

/** The first that a file matches is its format. */
const FORMATS: readonly ModelFormat[] = [safetensors, tflite, onnx];

/** The format of a model's file; undefined if it is none that is known. */
export function modelFormatOf(file: NamedFile): ModelFormat | undefined {
  return FORMATS.find((format) => format.matches(file));
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
