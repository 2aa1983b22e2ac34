/** The weights that a `model.json` of TensorFlow.js names, and the files beside it that hold them. */
import { elementsIn } from '../arrays/array.ts';
import { ELEMENT_BYTES, type ElementType } from '../arrays/numbers.ts';
import { invalid } from '../keras/errors.ts';
import { isObject, listOf, objectOf, type Json, type JsonObject } from '../keras/config/json.ts';
import type { Quantization, StoredWeight } from '../keras/weights.ts';
import type { FilesBeside } from '../model-format.ts';
import { checkLocation } from '../onnx/external.ts';
import { joined } from '../protobuf/writer.ts';
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';

/** Files of weights at the most. */
const MAX_SHARDS = 10_000;
const RESAVE = 'convert or save the model again';

/** A group of weights, which follow each other in the bytes of its files. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly Json[];
}

/** Throws 'bad-input' for a file that is not beside the model. */
export function groupsIn(json: JsonObject): readonly WeightGroup[] {
  let count = 0;
  const names = new Set<string>();
  return listOf(json['weightsManifest']).map((group) => {
    const paths = listOf(objectOf(group)['paths']).map((path) => {
      if (typeof path !== 'string' || ++count > MAX_SHARDS)
        throw invalid('the weights manifest of model.json is damaged', RESAVE);
      checkLocation(path, 'model.json');
      if (names.has(path)) throw invalid(`model.json names ${shown(path)} twice`, RESAVE);
      names.add(path);
      return path;
    });
    return { paths, weights: listOf(objectOf(group)['weights']) };
  });
}

/** The files of a group as one. Throws 'bad-input' for one that is missing. */
export function bytesOfGroup({ paths }: WeightGroup, beside: FilesBeside): Uint8Array {
  const files = paths.map((path) => {
    const file = beside.get(path);
    if (file) return file;
    throw new MasksearchError(
      'bad-input',
      `the weights are in a file of their own, ${shown(path)}, which is missing`,
      'put it beside model.json',
    );
  });
  return files.length === 1 ? files[0]! : joined(files);
}

/** Element types by their names in TensorFlow.js. */
const TYPES: Readonly<Record<string, ElementType>> = {
  float32: 'float32',
  float16: 'float16',
  int32: 'int32',
  uint8: 'uint8',
  uint16: 'uint16',
  bool: 'bool',
};

/** The weights of a group. Throws 'bad-input' unless they fill its bytes. */
export function weightsOfGroup({ weights }: WeightGroup, bytes: Uint8Array): readonly StoredWeight[] {
  let begin = 0;
  const stored = weights.map((entry): StoredWeight => {
    const { name, shape, dtype, quantization } = objectOf(entry);
    if (typeof name !== 'string' || !isShape(shape))
      throw invalid('a weight of model.json has no name or no shape', RESAVE);
    const quantized = isObject(quantization) ? quantization : undefined;
    const named = quantized ? quantized['dtype'] : dtype;
    const type = typeof named === 'string' && Object.hasOwn(TYPES, named) ? TYPES[named] : undefined;
    if (!type)
      throw invalid(
        `weight ${shown(name)} of model.json is of the type ${shown(named)}, which is not read`,
        RESAVE,
      );
    const weight = { name, role: name.split('/').at(-1), shape, type, bigEndian: false, bytes, begin };
    begin += elementsIn(shape) * ELEMENT_BYTES[type];
    if (begin > bytes.length)
      throw invalid(
        `weight ${shown(name)} of model.json ends at byte ${begin} of its files, which have ${bytes.length}`,
        'use the files that belong to it',
      );
    return { ...weight, quantization: quantizationOf(name, type, quantized) };
  });
  if (begin !== bytes.length)
    throw invalid(
      `the weights of model.json have ${begin} bytes, its files ${bytes.length}`,
      'use the files that belong to it',
    );
  return stored;
}

/** Undefined for floats of 16 bits, which are read as they are. */
function quantizationOf(
  name: string,
  type: ElementType,
  quantization: JsonObject | undefined,
): Quantization | undefined {
  if (!quantization || type === 'float16') return undefined;
  const { scale, min } = quantization;
  if (
    (type === 'uint8' || type === 'uint16') &&
    Number.isFinite(scale) &&
    (scale as number) > 0 &&
    Number.isFinite(min)
  )
    return { scale: scale as number, min: min as number };
  throw invalid(`weight ${shown(name)} of model.json is quantised in a way that is not known`, RESAVE);
}

const isShape = (value: Json): value is readonly number[] =>
  Array.isArray(value) &&
  value.length <= 32 &&
  value.every((size) => Number.isSafeInteger(size) && size >= 0);
