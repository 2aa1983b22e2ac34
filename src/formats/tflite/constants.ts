/** Numbers of tensors that are known without an input, and where they lie. */
import { MasksearchError } from '../../core/error.ts';
import { damagedFile } from '../arrays/array.ts';
import { decodeNumbers, ELEMENT_BYTES, type ElementType } from '../arrays/numbers.ts';
import { isFloat } from '../onnx/element-types.ts';
import type { OnnxTensor } from '../onnx/messages.ts';
import { shown } from '../safetensors/header.ts';
import type { Quantization, TfliteTensor } from './decode.ts';

/** Types of quantised weights. */
export const QUANTIZED = ['int8', 'uint8', 'int16'] as const satisfies readonly ElementType[];
export type QuantizedType = (typeof QUANTIZED)[number];

/** A tensor with its numbers, as the import of graphs takes it; those that are quantised come in `bytes`, dequantised. */
export interface ConstantTensor {
  readonly tensor: OnnxTensor;
  readonly bytes?: Uint8Array;
}

/** Whether numbers stand for others. */
export const isQuantized = ({ type, quantization }: TfliteTensor): boolean =>
  quantization !== undefined && QUANTIZED.some((one) => one === type);

/** Throws 'bad-input' for a type that is not read. */
export function constantTensor(
  tensor: TfliteTensor & Required<Pick<TfliteTensor, 'data'>>,
  file: Uint8Array,
): ConstantTensor {
  const { name, shape, type, data, quantization } = tensor;
  if (type === undefined || data === undefined)
    throw new MasksearchError(
      'bad-input',
      `tensor ${shown(name)} is sparse or of a type that is not read`,
      'convert the network with dense weights of float32, float16 or int8',
    );
  if (!quantization || !isQuantized(tensor))
    return { tensor: { name, shape, type, data: { kind: 'fixed', pieces: [data] } } };
  const numbers = decodeNumbers(file.subarray(data.begin, data.end), type);
  const values = new Float32Array(numbers.length);
  const at = stepsOf(quantization, shape);
  for (let i = 0; i < values.length; i++) {
    const { scale, zeroPoint } = at(i);
    values[i] = scale * (numbers[i]! - zeroPoint);
  }
  const bytes = new Uint8Array(values.buffer);
  const place = { kind: 'external', location: name, offset: 0, length: bytes.length } as const;
  return { tensor: { name, shape, type: 'float32', data: place }, bytes };
}

interface Step {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** What each number of a tensor stands for, by its index. */
export function stepsOf(
  { scales, zeroPoints, axis }: Quantization,
  shape: readonly number[],
): (index: number) => Step {
  const steps = scales.map((scale, i) => ({ scale, zeroPoint: zeroPoints[i] ?? zeroPoints[0] ?? 0 }));
  const [only] = steps;
  if (steps.length === 1) return () => only!;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return (index) => steps[Math.floor(index / inner) % steps.length]!;
}

/** Whole numbers such as axes and paddings. Throws 'bad-input' unless they are known, and few. */
export function wholeNumbers({ name, type, data }: TfliteTensor, file: Uint8Array): readonly number[] {
  const isWhole = type === 'int32' || type === 'int64';
  if (!data || !isWhole || data.end - data.begin > MAX_LIST * ELEMENT_BYTES[type])
    throw damagedFile(`tensor ${shown(name)} is no list of at most ${MAX_LIST} whole numbers that are known`);
  return Array.from(decodeNumbers(file.subarray(data.begin, data.end), type));
}

const MAX_LIST = 64;

/** Whether weights of this type are computed with as they are. */
export const isFloatType = (type: ElementType | undefined): boolean => type !== undefined && isFloat(type);
