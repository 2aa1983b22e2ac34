/**
 * Measures how far the functions of wasm/shared/ and the activations made of them are from the exact values, over every
 * float32 of the ranges in which the kernels use them. Takes some minutes:
 *
 *     node --import tsx scripts/exp-error.ts
 */
import { pathToFileURL } from 'node:url';
import { erf } from '../src/kernels/reference/erf.ts';
import { webAssembly } from '../src/engine/wasm/web-assembly.ts';
import { compileAssemblyScript } from './assembly-script.ts';

/** Replaces the values from `first` to before `end`, byte addresses of float32 in whole vectors. */
type InPlace = (first: number, end: number) => void;

type FunctionName = 'exp' | 'sigmoid' | 'tanh' | 'erf' | 'log1p' | 'gelu' | 'geluTanh' | 'softplus';

export interface Functions extends Readonly<Record<FunctionName, InPlace>> {
  readonly memory: { readonly buffer: ArrayBufferLike };
}

const SOURCE = `
  import { activate } from './wasm/shared/activation';
  import { erfInPlace } from './wasm/shared/erf';
  import { exp as exponential } from './wasm/shared/exp';
  import { log1p as logarithm } from './wasm/shared/log1p';
  export function exp(first: usize, end: usize): void {
    for (let at = first; at < end; at += 16) v128.store(at, exponential(v128.load(at)));
  }
  export function log1p(first: usize, end: usize): void {
    for (let at = first; at < end; at += 16) v128.store(at, logarithm(v128.load(at)));
  }
  export function erf(first: usize, end: usize): void {
    for (let at = first; at < end; at += 48) erfInPlace(at);
  }
  export function sigmoid(first: usize, end: usize): void { activate(first, end, 1, 0); }
  export function tanh(first: usize, end: usize): void { activate(first, end, 2, 0); }
  export function gelu(first: usize, end: usize): void { activate(first, end, 10, 0); }
  export function geluTanh(first: usize, end: usize): void { activate(first, end, 11, 0); }
  export function softplus(first: usize, end: usize): void { activate(first, end, 12, 0); }`;

export async function compileFunctions(): Promise<Functions> {
  const binary = compileAssemblyScript(SOURCE, ['--initialMemory', '2']);
  const { exports } = await webAssembly!.instantiate(await webAssembly!.compile(binary), {});
  return exports as unknown as Functions;
}

interface Measured {
  readonly name: FunctionName;
  /** In float64. */
  readonly exact: (x: number) => number;
  /** Each of one sign, from the smallest magnitude to the largest; outside of them the kernels clamp. */
  readonly ranges: readonly (readonly [number, number])[];
}

export const MEASURED: readonly Measured[] = [
  {
    name: 'exp',
    exact: Math.exp,
    ranges: [
      [-0, -87],
      [0, 88],
    ],
  },
  {
    name: 'sigmoid',
    exact: (x) => 1 / (1 + Math.exp(-x)),
    ranges: [
      [-0, -80],
      [0, 80],
    ],
  },
  // The kernel copies the sign.
  { name: 'tanh', exact: Math.tanh, ranges: [[0, 40]] },
  // Beyond 6 it is 1.
  { name: 'erf', exact: erf, ranges: [[0, 6]] },
  { name: 'log1p', exact: Math.log1p, ranges: [[0, 1]] },
  {
    name: 'gelu',
    exact: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    ranges: [
      [-0, -8],
      [0, 8],
    ],
  },
  {
    name: 'geluTanh',
    exact: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    ranges: [
      [-0, -10],
      [0, 10],
    ],
  },
  {
    name: 'softplus',
    exact: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    ranges: [
      [-0, -80],
      [0, 80],
    ],
  },
];

/** Largest errors over all arguments that were tried. */
export interface LargestErrors {
  /** Units in the last place of the exact value as a float32. */
  readonly ulp: number;
  readonly relative: number;
  readonly absolute: number;
  /** Number of arguments. */
  readonly count: number;
}

/** Byte address of the arguments, which the values replace. The functions need no other memory. */
const FIRST = 65_536;
/** A multiple of three vectors. */
const CHUNK = 12_288;

/** Tries every `step`-th float32 of the ranges. */
export function measure(functions: Functions, { name, exact, ranges }: Measured, step = 1): LargestErrors {
  const x = new Float32Array(CHUNK);
  const bits = new Uint32Array(x.buffer);
  const y = new Float32Array(functions.memory.buffer, FIRST, CHUNK);
  const largest = { ulp: 0, relative: 0, absolute: 0, count: 0 };
  for (const range of ranges) {
    const [first = 0, last = 0] = new Uint32Array(new Float32Array(range).buffer);
    for (let start = first; start <= last; start += CHUNK * step) {
      const length = Math.min(CHUNK, Math.floor((last - start) / step) + 1);
      for (let i = 0; i < length; i++) bits[i] = start + i * step;
      y.set(x);
      functions[name](FIRST, FIRST + CHUNK * 4);
      for (let i = 0; i < length; i++) {
        const value = exact(x[i]!);
        const absolute = Math.abs(y[i]! - value);
        // Not `error > largest`, which NaN would pass; but 0 / 0 is no error.
        if (!(absolute <= largest.absolute)) largest.absolute = absolute;
        const relative = absolute === 0 ? 0 : absolute / value;
        if (!(relative <= largest.relative)) largest.relative = relative;
        // At most this many units.
        if (relative * 2 ** 24 <= largest.ulp) continue;
        largest.ulp = Math.max(largest.ulp, absolute / ulpOf(value));
      }
      largest.count += length;
    }
  }
  return largest;
}

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

/** The distance of a positive number of float32's normal range to the next. */
function ulpOf(value: number): number {
  float64[0] = value;
  return 2 ** ((words[1]! >>> 20) - 1023 - 23);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const functions = await compileFunctions();
  for (const measured of MEASURED) {
    const { ulp, relative, absolute, count } = measure(functions, measured);
    const figures = measured.name === 'exp' ? { ulp, relative } : { absolute };
    const text = Object.entries(figures).map(([unit, error]) => `${error.toPrecision(5)} ${unit}`);
    console.log(`${measured.name}: ${text.join(', ')} (${count} arguments)`);
  }
}
