/** Numbers to bytes of a floating-point type. */
import type { ElementType } from './numbers.ts';

export type FloatType = Extract<ElementType, 'float16' | 'bfloat16' | 'float32' | 'float64'>;

/** Little-endian, each rounded to the nearest of the type, to even if two are as near. */
export function encodeFloats(values: Float32Array | Float64Array, type: FloatType): Uint8Array {
  switch (type) {
    case 'float32':
      return new Uint8Array(Float32Array.from(values).buffer);
    case 'float64':
      return new Uint8Array(Float64Array.from(values).buffer);
    case 'float16':
      return new Uint8Array(Uint16Array.from(values, halfOf).buffer);
    case 'bfloat16':
      return new Uint8Array(Uint16Array.from(values, brainOf).buffer);
  }
}

/** The bits of the nearest number of IEEE 754 binary16. */
function halfOf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  // Halfway between the largest number and the next one that there would be.
  if (magnitude >= 65_520) return sign | 0x7c00;
  // Numbers below 2^-14 have the spacing of those above.
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14);
  const spacing = 2 ** (exponent - 10);
  const steps = roundedToEven(magnitude / spacing);
  // 1024 steps or more carry into the exponent by themselves.
  return sign | (steps + (exponent + 14) * 1024);
}

function roundedToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a float32, rounded to nearest even. */
function brainOf(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const odd = (bits >>> 16) & 1;
  return ((bits + 0x7fff + odd) >>> 16) & 0xffff;
}
