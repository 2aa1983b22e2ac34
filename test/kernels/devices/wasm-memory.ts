/** A WebAssembly memory with the kernels of wasm/ on it. */
import { isDeepStrictEqual } from 'node:util';
import * as assert from 'uvu/assert';
import { compileKernels } from '../../../src/engine/wasm/compile.ts';
import { instantiateKernels, type WasmKernels } from '../../../src/engine/wasm/kernels.ts';
import { webAssembly, type WasmMemory } from '../../../src/engine/wasm/web-assembly.ts';

/** Initial value of outputs, so that an element that a kernel does not write is noticed. */
export const UNWRITTEN = 3e33;

export interface KernelMemory {
  readonly kernels: WasmKernels;
  readonly memory: WasmMemory;
  /** All of the memory. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
}

/** The kernels of one of the two builds on a memory of their own, `pages` of 64 KiB. */
export async function openKernels(shared: boolean, pages: number): Promise<KernelMemory> {
  const memory = new webAssembly!.Memory({ initial: pages, maximum: pages, shared });
  const kernels = await instantiateKernels(await compileKernels(shared), memory);
  const { buffer } = memory;
  return {
    kernels,
    memory,
    bytes: new Uint8Array(buffer),
    words: new Uint32Array(buffer),
    floats: new Float32Array(buffer),
  };
}

/** Runs `run` on the builds for shared and for unshared memory; fails unless the results are equal. */
export async function onBothBuilds<T>(pages: number, run: (opened: KernelMemory) => T): Promise<T> {
  const result = run(await openKernels(true, pages));
  // Not `assert.equal`, which takes minutes to show where long arrays differ.
  assert.ok(isDeepStrictEqual(run(await openKernels(false, pages)), result), 'the builds differ');
  return result;
}

/** Fails if `action` changes any byte of the memory from `start` to before `end` but those of the given words. */
export function assertOnlyWrites(
  { bytes, words }: KernelMemory,
  written: Iterable<number>,
  action: () => void,
  { start = 0, end = bytes.length } = {},
): void {
  const before = bytes.slice(start, end);
  action();
  const after = bytes.slice(start, end);
  const [from, to] = [before, after].map((copy) => new Uint32Array(copy.buffer));
  for (const word of written) to![word - start / 4] = from![word - start / 4]!;
  const wrong = Buffer.compare(before, after) === 0 ? -1 : from!.findIndex((word, i) => word !== to![i]);
  assert.is(wrong, -1, `byte ${start + wrong * 4} was written: ${words[start / 4 + wrong]}`);
}
