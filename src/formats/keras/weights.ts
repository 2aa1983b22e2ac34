/** The weights of layers as a file stores them, and a file with other numbers in their place. */
import { MasksearchError } from '../../core/error.ts';
import type { Tensors, TensorLayout } from '../../network/container.ts';
import { elementsIn } from '../arrays/array.ts';
import { encodeFloats, type FloatType } from '../arrays/encode-floats.ts';
import { decodeNumbers, ELEMENT_BYTES, type ElementType } from '../arrays/numbers.ts';
import { shown } from '../safetensors/header.ts';
import type { Layer } from './config/layer.ts';

export interface StoredWeight {
  /** The file's own, unique in it. */
  readonly name: string;
  /** What it is in its layer where the name says it, such as "kernel"; undefined if it does not. */
  readonly role: string | undefined;
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly bigEndian: boolean;
  /** The bytes that hold it, and its first one there. */
  readonly bytes: Uint8Array;
  readonly begin: number;
  /** Numbers are `scale` times what is stored, plus `min`. */
  readonly quantization?: Quantization | undefined;
}

export interface Quantization {
  readonly scale: number;
  readonly min: number;
}

/** The weights of a layer, in the order that Keras keeps them in. Throws 'bad-input' for damage. */
export type WeightSource = (layer: Layer) => readonly StoredWeight[];

/** A parameter of the network, and where it lies in the file: `order` has the index there of each number here. */
export interface Parameter {
  readonly values: Float32Array;
  readonly origin?: { readonly stored: StoredWeight; readonly order: Uint32Array | undefined } | undefined;
}

export type Parameters = ReadonlyMap<string, Parameter>;

const FLOATS: readonly ElementType[] = ['float16', 'bfloat16', 'float32', 'float64'];
export const isFloat = (type: ElementType): type is FloatType => FLOATS.includes(type);

export const bytesOf = ({ shape, type }: StoredWeight): number => elementsIn(shape) * ELEMENT_BYTES[type];

/** Of a quantised number: what is nearer to 0 than this share of a step is 0, which rounding kept it from being. */
const NO_STEP = 1e-3;

/** The numbers, row-major as stored. They share the memory of the file where they can. */
export function numbersOf(stored: StoredWeight): Float32Array {
  const { bytes, begin, type, bigEndian, quantization } = stored;
  const numbers = decodeNumbers(bytes.subarray(begin, begin + bytesOf(stored)), type, bigEndian);
  if (quantization) return Float32Array.from(numbers, (step) => dequantised(step, quantization));
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}

function dequantised(step: number, { scale, min }: Quantization): number {
  const value = step * scale + min;
  return Math.abs(value) < NO_STEP * Math.abs(scale) ? 0 : value;
}

/** How parameters lie in the file, by name. */
export function layoutsOf(parameters: Parameters): ReadonlyMap<string, TensorLayout> {
  return new Map(
    [...parameters].flatMap(([name, { origin }]) =>
      origin ? [[name, { shape: origin.stored.shape, order: origin.order }] as const] : [],
    ),
  );
}

/**
 * Copies of the bytes that hold weights, by the original, with `tensors` in place of `parameters`; numbers that are the same keep their
 * bytes. Throws 'bad-input' if one that has no place has changed.
 */
export function changedBytes(parameters: Parameters, tensors: Tensors): ReadonlyMap<Uint8Array, Uint8Array> {
  const copies = new Map<Uint8Array, Uint8Array>();
  for (const [name, { values, origin }] of parameters) {
    const after = tensors.get(name)!;
    const changed: number[] = [];
    for (let i = 0; i < values.length; i++) if (!Object.is(values[i], after[i])) changed.push(i);
    if (changed.length === 0) continue;
    if (!origin)
      throw new MasksearchError(
        'bad-input',
        `parameter ${shown(name)} has changed, and the file has no place for it`,
        'keep it as it was',
      );
    const { stored, order } = origin;
    const size = ELEMENT_BYTES[stored.type];
    const encoded = encode(
      Float32Array.from(changed, (i) => after[i]!),
      stored,
    );
    let copy = copies.get(stored.bytes);
    // Not slice(): that of Node's Buffer does not copy.
    if (!copy) copies.set(stored.bytes, (copy = new Uint8Array(stored.bytes)));
    changed.forEach((i, k) => {
      const element = encoded.subarray(k * size, (k + 1) * size);
      copy.set(element, stored.begin + (order ? order[i]! : i) * size);
    });
  }
  return copies;
}

/** The bytes of numbers in the type of a weight. */
function encode(values: Float32Array, { type, bigEndian, quantization }: StoredWeight): Uint8Array {
  if (quantization) {
    const { scale, min } = quantization;
    const max = 2 ** (8 * ELEMENT_BYTES[type]) - 1;
    const steps = Uint16Array.from(values, (value) =>
      Math.min(max, Math.max(0, Math.round((value - min) / scale))),
    );
    return type === 'uint8' ? Uint8Array.from(steps) : new Uint8Array(steps.buffer);
  }
  const encoded = encodeFloats(values, type as FloatType);
  if (bigEndian) {
    const size = ELEMENT_BYTES[type];
    for (let at = 0; at < encoded.length; at += size) encoded.subarray(at, at + size).reverse();
  }
  return encoded;
}
