/** A case of the loss on the WebAssembly kernels, one block of images after the other. */
import { instantiateKernels } from '../../engine/wasm/kernels.ts';
import { BLOCK, STATIC_BYTES } from '../../engine/wasm/layout.ts';
import { PARTS, PIXEL } from '../../engine/wasm/tensor-layout.ts';
import type { WasmModule } from '../../engine/wasm/web-assembly.ts';
import { QUAD } from '../../kernels/spec.ts';
import type { OpenCase } from '../bench-device.ts';
import type { KernelCase } from '../cases.ts';
import { PERIOD, type Planted } from '../planted.ts';
import { workOf } from '../rates.ts';
import { newMemory } from './memory.ts';
import { timeCalls } from './time-calls.ts';

/** Byte addresses. Images are padded to whole blocks. */
interface LossLayout {
  /** [block, class, 24] f32. */
  readonly logits: number;
  /** From one block of logits to the next. */
  readonly blockBytes: number;
  /** [place] u32 index of an image: the images in order. */
  readonly order: number;
  /** [place] u32 in `LOSS_UNITS`. */
  readonly losses: number;
  /** [image] u32. */
  readonly labels: number;
  readonly end: number;
}

export async function openLoss(
  module: WasmModule,
  one: KernelCase,
  classes: number,
  planted: Planted,
): Promise<OpenCase> {
  const { images } = one;
  const blocks = Math.ceil(images / BLOCK);
  const stride = blocks * BLOCK;
  const layout = lossLayout(classes, blocks);
  const memory = newMemory(layout.end);
  const kernels = await instantiateKernels(module, memory);
  placeImages(memory.buffer, layout, stride, classes, planted);
  const { logits, blockBytes, order, losses, labels } = layout;
  const run = () => {
    let correct = 0;
    for (let block = 0; block < blocks; block++) {
      const first = block * BLOCK * 4;
      const count = Math.min(BLOCK, images - block * BLOCK);
      const at = logits + block * blockBytes;
      const scores = [at, PIXEL, PARTS * PIXEL, classes] as const;
      correct += kernels.softmax_cross_entropy(...scores, labels, order + first, count, losses + first);
    }
    return correct;
  };
  return {
    work: workOf(one),
    output() {
      const correct = run();
      const all = new Uint32Array(memory.buffer, losses, stride).slice();
      const units = all.subarray(0, images).reduce((sum, loss) => sum + loss, 0);
      return Promise.resolve({ stride, losses: all, sums: [{ units, correct }] });
    },
    time: (runs) => timeCalls(run, runs),
    close: () => undefined,
  };
}

function lossLayout(classes: number, blocks: number): LossLayout {
  const stride = blocks * BLOCK;
  const blockBytes = classes * BLOCK * 4;
  const logits = STATIC_BYTES;
  const order = logits + blocks * blockBytes;
  const losses = order + stride * 4;
  const labels = losses + stride * 4;
  return { logits, blockBytes, order, losses, labels, end: labels + stride * 4 };
}

/** Places the planted logits and labels of `stride` images, and fills the losses with a value that no loss has. */
function placeImages(
  buffer: ArrayBufferLike,
  { logits, blockBytes, order, losses, labels }: LossLayout,
  stride: number,
  classes: number,
  planted: Planted,
): void {
  const floats = new Float32Array(buffer);
  const words = new Uint32Array(buffer);
  for (let image = 0; image < stride; image++) {
    const k = image % PERIOD;
    words[order / 4 + image] = image;
    words[losses / 4 + image] = 0xffffffff;
    words[labels / 4 + image] = planted.labels[k]!;
    const column = (logits + Math.floor(image / BLOCK) * blockBytes) / 4 + (image % BLOCK);
    for (let c = 0; c < classes; c++) floats[column + c * BLOCK] = planted.x[0]![c * QUAD + k]!;
  }
}
