/** A case of a convolution or a dense layer on the WebAssembly kernels, with its data laid out as in the engine. */
import { BlockRunner } from '../../engine/wasm/block-runner.ts';
import { instantiateKernels } from '../../engine/wasm/kernels.ts';
import { BLOCK, inputOffsets, memoryLayout, type MemoryLayout } from '../../engine/wasm/layout.ts';
import type { WasmModule } from '../../engine/wasm/web-assembly.ts';
import { fuse, type FusedLayer } from '../../network/fuse.ts';
import { activation, conv2d, dense, flatten, pool2d, sequential } from '../../network/builder.ts';
import type { Network } from '../../network/network.ts';
import { QUAD } from '../../kernels/spec.ts';
import type { OpenCase } from '../bench-device.ts';
import type { KernelCase } from '../cases.ts';
import { keptBy, PERIOD, UNWRITTEN, type Planted } from '../planted.ts';
import type { RunWork } from '../rates.ts';
import { costOf, sizesOf, type KernelShape } from '../shapes.ts';
import { newMemory } from './memory.ts';
import { timeCalls } from './time-calls.ts';

type LayerShape = Extract<KernelShape, { readonly kernel: 'masked_conv2d' | 'masked_dense' }>;

const PAGE = 65_536;

/** Index of the benchmarked layer; see `networkAround`. */
const LAYER = 1;

export async function openLayer(
  module: WasmModule,
  one: KernelCase,
  shape: LayerShape,
  planted: Planted,
): Promise<OpenCase> {
  const layers = fuse(networkAround(shape));
  const blocks = { workers: 1, firstBlock: 0, blockStride: 1 };
  const layout = memoryLayout(layers, { images: one.images, height: 1, width: 1, ...blocks });
  const memory = newMemory(layout.pages * PAGE);
  const runner = new BlockRunner(await instantiateKernels(module, memory), memory, layout, 0, layers);
  placeParameters(memory.buffer, layout, layers[LAYER]!, planted);
  placeInput(memory.buffer, layout, shape, planted);
  const control = new Int32Array(memory.buffer, layout.control, 4);
  const pass = {
    kind: 'extend',
    from: LAYER,
    to: LAYER + 1,
    sumLimit: Infinity,
    endBlock: layout.blocks,
    maskVersions: layers.map(() => 1),
    skipPruned: true,
  } as const;
  const run = () => {
    control.fill(0);
    runner.run(pass);
  };
  return {
    work: workOfKept(one, keptBy(planted.masks[0]!)),
    output() {
      run();
      const y = readOutput(memory.buffer, layout, sizesOf(shape).outputs);
      return Promise.resolve({ stride: layout.blocks * BLOCK, y });
    },
    time: (runs) => timeCalls(run, runs),
    close: () => undefined,
  };
}

/** The layer as the second of three, since the engine caches the inputs of all layers but the first. */
function networkAround({ name, ...shape }: LayerShape): Network {
  const end = activation('activation', shape.shape.activation, shape.shape.alpha);
  const last = dense('last', { outputs: 1 });
  if (shape.kernel === 'masked_dense') {
    const { inputs, outputs } = shape.shape;
    return sequential([1], dense('first', { outputs: inputs }), dense(name, { outputs }), end, last);
  }
  const { inChannels, inHeight, inWidth, pool } = shape.shape;
  return sequential(
    [1, inHeight, inWidth],
    conv2d('first', { outChannels: inChannels, kernel: 1 }),
    conv2d(name, shape.shape),
    end,
    ...(pool === 'none' ? [] : [pool2d('pool', { operation: pool, kernel: 2 })]),
    flatten('flatten'),
    last,
  );
}

/** Places weights, biases, mask and input offsets, and fills the output with `UNWRITTEN`. */
function placeParameters(
  buffer: ArrayBufferLike,
  { layers, caches, blocks }: MemoryLayout,
  layer: FusedLayer,
  planted: Planted,
): void {
  const floats = new Float32Array(buffer);
  const words = new Uint32Array(buffer);
  const { input, weight, bias, mask, offsets } = layers[LAYER]!;
  floats.set(planted.weight, weight / 4);
  floats.set(planted.bias, bias / 4);
  words.set(planted.masks[0]!, mask / 4);
  words.set(inputOffsets(layer, input), offsets / 4);
  const y = caches[LAYER + 1]!;
  floats.fill(UNWRITTEN, y / 4, (y + blocks * layers[LAYER + 1]!.input.blockBytes) / 4);
}

/** Places the planted input of all images. */
function placeInput(
  buffer: ArrayBufferLike,
  { layers, caches, blocks }: MemoryLayout,
  shape: LayerShape,
  { x }: Planted,
): void {
  const floats = new Float32Array(buffer);
  const { height, width } =
    shape.kernel === 'masked_conv2d'
      ? { height: shape.shape.inHeight, width: shape.shape.inWidth }
      : { height: 1, width: 1 };
  const { parts, lanes, partBytes, blockBytes, originBytes, channelBytes, rowBytes, pixelBytes } =
    layers[LAYER]!.input;
  const rows = x[0]!;
  for (let block = 0; block < blocks; block++) {
    const start = caches[LAYER]! + block * blockBytes + originBytes;
    for (let row = 0; row < rows.length / QUAD; row++) {
      const channel = Math.floor(row / (height * width));
      const line = Math.floor(row / width) % height;
      const pixel = start + channel * channelBytes + line * rowBytes + (row % width) * pixelBytes;
      for (let i = 0; i < parts * lanes; i++) {
        const part = Math.floor(i / lanes) * partBytes;
        floats[(pixel + part) / 4 + (i % lanes)] = rows[row * QUAD + ((block * BLOCK + i) % PERIOD)]!;
      }
    }
  }
}

/** The output of all images, padded to whole blocks: [output, image]. */
function readOutput(
  buffer: ArrayBufferLike,
  { layers, caches, blocks }: MemoryLayout,
  outputs: number,
): Float32Array {
  const floats = new Float32Array(buffer);
  const stride = blocks * BLOCK;
  const all = new Float32Array(outputs * stride);
  for (let block = 0; block < blocks; block++) {
    for (let output = 0; output < outputs; output++) {
      const from = (caches[LAYER + 1]! + block * layers[LAYER + 1]!.input.blockBytes) / 4 + output * BLOCK;
      all.set(floats.subarray(from, from + BLOCK), output * stride + block * BLOCK);
    }
  }
  return all;
}

/** The work of one run: pruned weights are skipped, and every kept weight is a list entry of eight bytes. */
function workOfKept({ shape, images }: KernelCase, kept: number): RunWork {
  const { inputs, outputs, weights, biases } = sizesOf(shape);
  return {
    flops: (2 * costOf(shape, images).macs * kept) / weights,
    bytes: 4 * ((inputs + outputs) * images + biases) + 8 * kept,
  };
}
