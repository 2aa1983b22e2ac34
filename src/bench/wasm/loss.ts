/** The loss on the WebAssembly kernels, a block of images after the other. */
import { instantiateKernels } from '../../engine/wasm/kernels.ts';
import { BLOCK, STATIC_BYTES } from '../../engine/wasm/layout.ts';
import type { WasmModule } from '../../engine/wasm/web-assembly.ts';
import { QUAD } from '../../kernels/spec.ts';
import type { OpenCase } from '../backend.ts';
import type { KernelCase } from '../cases.ts';
import { PERIOD, type Planted } from '../planted.ts';
import { workOf } from '../rates.ts';
import { newMemory } from './memory.ts';

export async function openLoss(
  module: WasmModule,
  one: KernelCase,
  classes: number,
  planted: Planted,
): Promise<OpenCase> {
  const { images } = one;
  const blocks = Math.ceil(images / BLOCK);
  const stride = blocks * BLOCK;
  const rowsBytes = classes * BLOCK * 4;
  const logits = STATIC_BYTES;
  const order = logits + blocks * rowsBytes;
  const losses = order + stride * 4;
  const labels = losses + stride * 4;
  const memory = newMemory(labels + stride);
  const kernels = await instantiateKernels(module, memory);
  const floats = new Float32Array(memory.buffer);
  const words = new Uint32Array(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  for (let image = 0; image < stride; image++) {
    const k = image % PERIOD;
    words[order / 4 + image] = image;
    words[losses / 4 + image] = 0xffffffff;
    bytes[labels + image] = planted.labels[k]!;
    const column = (logits + Math.floor(image / BLOCK) * rowsBytes) / 4 + (image % BLOCK);
    for (let c = 0; c < classes; c++) floats[column + c * BLOCK] = planted.x[0]![c * QUAD + k]!;
  }
  const run = () => {
    let correct = 0;
    for (let block = 0; block < blocks; block++) {
      const first = block * BLOCK * 4;
      const count = Math.min(BLOCK, images - block * BLOCK);
      const at = logits + block * rowsBytes;
      correct += kernels.softmax_cross_entropy(at, classes, labels, order + first, count, losses + first);
    }
    return correct;
  };
  return {
    work: workOf(one),
    output() {
      const correct = run();
      const its = words.slice(losses / 4, losses / 4 + stride);
      const units = its.subarray(0, images).reduce((sum, loss) => sum + loss, 0);
      return Promise.resolve({ stride, losses: its, sums: [{ units, correct }] });
    },
    time(runs) {
      const started = performance.now();
      for (let i = 0; i < runs; i++) run();
      return Promise.resolve((performance.now() - started) / 1000);
    },
    close: () => undefined,
  };
}
