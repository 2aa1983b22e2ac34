/** Models in files of any format that is read. */
import type { Model } from '../network/model.ts';
import { isSafetensors } from './arrays/safetensors.ts';
import type { ModelOptions } from './model-options.ts';
import { externalLocations, modelFromOnnx } from './onnx/model.ts';
import type { ExternalFiles } from './onnx/tensor-numbers.ts';
import { modelFromSafetensors } from './safetensors/model.ts';

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Of an ONNX file: the tag of its version. */
const VERSION_TAG = 0x08;

/** Whether a file is read as ONNX: its bytes decide, and where they are damaged its name. */
export function isOnnx({ name, bytes }: NamedFile): boolean {
  if (isSafetensors(bytes)) return false;
  return bytes[0] === VERSION_TAG || /\.onnx$/i.test(name);
}

/** Names of the files that must be read beside this one. Throws 'bad-input'. */
export const filesBeside = (file: NamedFile): readonly string[] =>
  isOnnx(file) ? externalLocations(file.bytes) : [];

/**
 * The model in a file of safetensors or ONNX. Throws 'bad-input'; see `modelFromSafetensors` and `modelFromOnnx`.
 *
 * @param beside the files of `filesBeside`, by name
 */
export function modelFromFile(file: NamedFile, options?: ModelOptions, beside?: ExternalFiles): Model {
  return isOnnx(file)
    ? modelFromOnnx(file.bytes, options, beside)
    : modelFromSafetensors(file.bytes, options);
}
