/** A case of a loss on the WebAssembly kernels, one block of images after the other. */
import { targetWords, type Targets } from '../../engine/targets.ts';
import { instantiateKernels, runLoss } from '../../engine/wasm/kernels.ts';
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
  /** [block, output, 24] f32. */
  readonly scores: number;
  /** From one block of scores to the next. */
  readonly blockBytes: number;
  /** [place] u32 index of an image: the images in order. */
  readonly order: number;
  /** [place] u32 in `LOSS_UNITS`. */
  readonly losses: number;
  /** [image, target] u32, or f32 where targets are numbers. */
  readonly targets: number;
  readonly end: number;
}

export async function openLoss(module: WasmModule, one: KernelCase, planted: Planted): Promise<OpenCase> {
  const { images } = one;
  const { loss } = planted.targets!;
  const blocks = Math.ceil(images / BLOCK);
  const stride = blocks * BLOCK;
  const layout = lossLayout(planted.targets!, blocks);
  const memory = newMemory(layout.end);
  const kernels = await instantiateKernels(module, memory);
  placeImages(memory.buffer, layout, stride, planted);
  const { scores, blockBytes, order, losses, targets } = layout;
  const run = () => {
    let correct = 0;
    for (let block = 0; block < blocks; block++) {
      const first = block * BLOCK * 4;
      const count = Math.min(BLOCK, images - block * BLOCK);
      const at = scores + block * blockBytes;
      const rows = [at, PIXEL, PARTS * PIXEL, loss.outputs] as const;
      correct += runLoss(kernels, loss, [...rows, targets, order + first, count, losses + first]);
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

function lossLayout({ loss, perImage }: Targets, blocks: number): LossLayout {
  const stride = blocks * BLOCK;
  const blockBytes = loss.outputs * BLOCK * 4;
  const scores = STATIC_BYTES;
  const order = scores + blocks * blockBytes;
  const losses = order + stride * 4;
  const targets = losses + stride * 4;
  return { scores, blockBytes, order, losses, targets, end: targets + stride * perImage * 4 };
}

/** Places the planted scores and targets of `stride` images, and fills the losses with a value that no loss has. */
function placeImages(
  buffer: ArrayBufferLike,
  { scores, blockBytes, order, losses, targets }: LossLayout,
  stride: number,
  planted: Planted,
): void {
  const floats = new Float32Array(buffer);
  const words = new Uint32Array(buffer);
  const { loss, perImage } = planted.targets!;
  const plantedWords = targetWords(planted.targets!);
  for (let image = 0; image < stride; image++) {
    const k = image % PERIOD;
    words[order / 4 + image] = image;
    words[losses / 4 + image] = 0xffffffff;
    words.set(plantedWords.subarray(k * perImage, (k + 1) * perImage), targets / 4 + image * perImage);
    const column = (scores + Math.floor(image / BLOCK) * blockBytes) / 4 + (image % BLOCK);
    for (let o = 0; o < loss.outputs; o++) floats[column + o * BLOCK] = planted.x[0]![o * QUAD + k]!;
  }
}
