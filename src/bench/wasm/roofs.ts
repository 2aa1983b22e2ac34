/** What one thread does at best in WebAssembly, by kernels that do one thing only. */
import { compileKernels } from '../../engine/wasm/compile.ts';
import { instantiateKernels } from '../../engine/wasm/kernels.ts';
import { STATIC_BYTES } from '../../engine/wasm/layout.ts';
import { fmaChain } from '../../kernels/reference/fma-chain.ts';
import { wrongRoof } from '../wrong-roof.ts';
import type { Roofs } from '../rates.ts';
import { sampleTimes } from '../timing.ts';
import { newMemory } from './memory.ts';

/** As wasm/fma_chain.ts has them, of four lanes each. */
const CHAINS = 12;
const FACTOR = 0.5;
const TERM = 1;
/** Few enough for every value to be exact in float32, so that any slip shows. */
const VERIFIED_STEPS = 8;
const STEPS = 2 ** 20;
/** 32 MiB: more than the caches of a core hold. */
const WORDS = 2 ** 23;

/** The fastest of `repeats` samples of each. Rejects with 'gpu-failed' if one computes anything but what it should. */
export async function wasmRoofs(repeats: number): Promise<Roofs> {
  const memory = newMemory(STATIC_BYTES + 8 * WORDS);
  const kernels = await instantiateKernels(await compileKernels(false), memory);
  const timed = (work: () => void) =>
    sampleTimes(
      {
        time(runs) {
          const started = performance.now();
          for (let run = 0; run < runs; run++) work();
          return Promise.resolve((performance.now() - started) / 1000);
        },
      },
      repeats,
    );

  const sum = kernels.fma_chain(VERIFIED_STEPS, FACTOR, TERM);
  const expected = fmaChain({
    chains: CHAINS,
    start: 0,
    steps: VERIFIED_STEPS,
    factor: FACTOR,
    term: TERM,
  });
  if (sum !== expected) throw wrongRoof('fma_chain', 0, sum, expected);
  const seconds = Math.min(...(await timed(() => kernels.fma_chain(STEPS, FACTOR, TERM))));
  const gflops = (2 * STEPS * CHAINS * 4) / seconds / 1e9;

  const x = new Uint32Array(memory.buffer, STATIC_BYTES, WORDS);
  const y = new Uint32Array(memory.buffer, STATIC_BYTES + 4 * WORDS, WORDS);
  for (let i = 0; i < WORDS; i++) x[i] = Math.imul(i, 0x9e3779b1);
  const copy = () => kernels.copy_words(x.byteOffset, WORDS, y.byteOffset);
  copy();
  const wrong = y.findIndex((word, i) => word !== x[i]);
  if (wrong >= 0) throw wrongRoof('copy_words', wrong, y[wrong]!, x[wrong]!);
  return { gflops, gbps: (8 * WORDS) / Math.min(...(await timed(copy))) / 1e9 };
}
