/** A TFLite file with other numbers in it. */
import { MasksearchError } from '../../core/error.ts';
import type { Tensors } from '../../network/model.ts';
import { encodeFloats } from '../arrays/encode-floats.ts';
import { ELEMENT_BYTES } from '../arrays/numbers.ts';
import { isFloat } from '../onnx/element-types.ts';
import type { Parameter } from '../onnx/import/network-import.ts';
import { shown } from '../safetensors/header.ts';
import { isQuantized, stepsOf } from './constants.ts';
import type { TfliteTensor } from './decode.ts';

const RANGES = { int8: [-128, 127], uint8: [0, 255], int16: [-32_768, 32_767] } as const;

/**
 * The file with `tensors` in place of `parameters`, each number rounded to the type of its tensor; numbers that are the same keep their bytes.
 * Throws 'bad-input' if one that has changed has no place in the file.
 */
export function withNumbers(
  file: Uint8Array,
  stored: ReadonlyMap<string, TfliteTensor>,
  parameters: ReadonlyMap<string, Parameter>,
  tensors: Tensors,
): Uint8Array {
  const written = new Uint8Array(file);
  for (const [name, { values, origin }] of parameters) {
    const after = tensors.get(name)!;
    const tensor = origin && stored.get(origin.name);
    const write = tensor && writerOf(written, tensor);
    for (let i = 0; i < values.length; i++) {
      if (Object.is(values[i], after[i])) continue;
      if (!write)
        throw new MasksearchError(
          'bad-input',
          `parameter ${shown(name)} has changed, and the TFLite file has no place for it`,
          'keep it as it was',
        );
      write(origin.order ? origin.order[i]! : i, after[i]!);
    }
  }
  return written;
}

/** Writes a number at an index of a tensor; undefined for a tensor that is not written. */
function writerOf(
  file: Uint8Array,
  tensor: TfliteTensor,
): ((index: number, value: number) => void) | undefined {
  const { type, data, shape, quantization } = tensor;
  if (type === undefined || !data) return undefined;
  const view = new DataView(file.buffer, file.byteOffset + data.begin, data.end - data.begin);
  if (quantization && isQuantized(tensor)) {
    const kind = type as keyof typeof RANGES;
    const [least, most] = RANGES[kind];
    const at = stepsOf(quantization, shape);
    return (index, value) => {
      const { scale, zeroPoint } = at(index);
      // A scale of 0 stands for zeros alone.
      const steps = scale === 0 ? 0 : Math.round(value / scale);
      const number = Math.min(Math.max(steps + zeroPoint, least), most);
      if (kind === 'int16') view.setInt16(2 * index, number, true);
      else if (kind === 'int8') view.setInt8(index, number);
      else view.setUint8(index, number);
    };
  }
  if (!isFloat(type)) return undefined;
  const size = ELEMENT_BYTES[type];
  return (index, value) => {
    const bytes = encodeFloats(Float32Array.of(value), type);
    for (let i = 0; i < size; i++) view.setUint8(size * index + i, bytes[i]!);
  };
}
