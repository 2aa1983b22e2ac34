/** Measures the roofs of one thread of WebAssembly, by kernels that do one thing only. */
import { compileKernels } from '../../engine/wasm/compile.ts';
import { instantiateKernels, type WasmKernels } from '../../engine/wasm/kernels.ts';
import { STATIC_BYTES } from '../../engine/wasm/layout.ts';
import { fmaChain } from '../../kernels/reference/fma-chain.ts';
import type { Roofs } from '../rates.ts';
import { sampleTimes } from '../timing.ts';
import { wrongRoof } from '../wrong-roof.ts';
import { newMemory } from './memory.ts';
import { timeCalls } from './time-calls.ts';

/** Chains of wasm/fma_chain.ts, of four lanes each. */
const CHAINS = 12;
const FACTOR = 0.5;
const TERM = 1;
/** Steps of the run that is verified: so few that every value is exact in float32. */
const VERIFIED_STEPS = 8;
/** Steps of the runs that are timed. */
const STEPS = 2 ** 20;
/** Words that are copied, 32 MiB: more than the caches of a core hold. */
const WORDS = 2 ** 23;

/** The fastest of `repeats` samples of each roof. Rejects with 'gpu-failed' if a kernel computes a wrong value. */
export async function wasmRoofs(repeats: number): Promise<Roofs> {
  const memory = newMemory(STATIC_BYTES + 8 * WORDS);
  const kernels = await instantiateKernels(await compileKernels(false), memory);
  return {
    gflops: await arithmeticRoof(kernels, repeats),
    gbps: await memoryRoof(kernels, memory.buffer, repeats),
  };
}

/** 1e9 operations per second; a multiply-add is two. */
async function arithmeticRoof(kernels: WasmKernels, repeats: number): Promise<number> {
  const sum = kernels.fma_chain(VERIFIED_STEPS, FACTOR, TERM);
  const chains = { chains: CHAINS, start: 0, steps: VERIFIED_STEPS, factor: FACTOR, term: TERM };
  const expected = fmaChain(chains);
  if (sum !== expected) throw wrongRoof('fma_chain', 0, sum, expected);
  const seconds = await fastest(() => kernels.fma_chain(STEPS, FACTOR, TERM), repeats);
  return (2 * STEPS * CHAINS * 4) / seconds / 1e9;
}

/** 1e9 bytes per second, read and written. */
async function memoryRoof(kernels: WasmKernels, buffer: ArrayBufferLike, repeats: number): Promise<number> {
  const x = new Uint32Array(buffer, STATIC_BYTES, WORDS);
  const y = new Uint32Array(buffer, STATIC_BYTES + 4 * WORDS, WORDS);
  for (let i = 0; i < WORDS; i++) x[i] = Math.imul(i, 0x9e3779b1);
  const copy = () => kernels.copy_words(x.byteOffset, WORDS, y.byteOffset);
  copy();
  const wrong = y.findIndex((word, i) => word !== x[i]);
  if (wrong >= 0) throw wrongRoof('copy_words', wrong, y[wrong]!, x[wrong]!);
  return (8 * WORDS) / (await fastest(copy, repeats)) / 1e9;
}

/** Seconds of the fastest of `repeats` samples. */
async function fastest(call: () => void, repeats: number): Promise<number> {
  return Math.min(...(await sampleTimes({ time: (runs) => timeCalls(call, runs) }, repeats)));
}
