/** A case of a convolution or a dense layer on the WebAssembly kernels, with its data laid out as in the engine. */
import { BlockRunner } from '../../engine/wasm/block-runner.ts';
import { instantiateKernels } from '../../engine/wasm/kernels.ts';
import { BLOCK, memoryLayout, type MemoryLayout } from '../../engine/wasm/layout.ts';
import { placeTables } from '../../engine/wasm/place-tables.ts';
import { elementOffsets, imageShape, LANES } from '../../engine/wasm/tensor-layout.ts';
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
  const network = networkAround(shape);
  const layers = fuse(network);
  const blocks = { workers: 1, firstBlock: 0, blockStride: 1 };
  const layout = memoryLayout(layers, { images: one.images, input: imageShape(network.input), ...blocks });
  const memory = newMemory(layout.pages * PAGE);
  const runner = new BlockRunner(await instantiateKernels(module, memory), memory, layout, 0, layers);
  placeParameters(memory.buffer, layout, layers, planted);
  placeInput(memory.buffer, layout, planted);
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
      const y = readOutput(memory.buffer, layout);
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

/** Places weights, biases, mask and tables, and fills the output with `UNWRITTEN`. */
function placeParameters(
  buffer: ArrayBufferLike,
  layout: MemoryLayout,
  layers: readonly FusedLayer[],
  planted: Planted,
): void {
  const floats = new Float32Array(buffer);
  const words = new Uint32Array(buffer);
  const { weight, bias } = layout.layers[LAYER]!;
  floats.set(planted.weight, weight / 4);
  floats.set(planted.bias, bias / 4);
  words.set(planted.masks[0]!, layout.masks[layers[LAYER]!.mask!]! / 4);
  placeTables(layers, layout, (address, table) => words.set(table, address / 4));
  for (const word of wordsOf(layout, LAYER + 1)) floats[word] = UNWRITTEN;
}

/** Index among all words of each element of a cached tensor: [element, image], padded to whole blocks. */
function* wordsOf({ tensors, caches, blocks }: MemoryLayout, tensor: number): Iterable<number> {
  const { partBytes, blockBytes } = tensors[tensor]!;
  for (const offset of elementOffsets(tensors[tensor]!)) {
    for (let image = 0; image < blocks * BLOCK; image++) {
      const block = Math.floor(image / BLOCK) * blockBytes;
      const part = Math.floor((image % BLOCK) / LANES) * partBytes;
      yield (caches[tensor]! + block + part + offset) / 4 + (image % LANES);
    }
  }
}

/** Places the planted input of all images. */
function placeInput(buffer: ArrayBufferLike, layout: MemoryLayout, { x }: Planted): void {
  const floats = new Float32Array(buffer);
  const rows = x[0]!;
  const stride = layout.blocks * BLOCK;
  let i = 0;
  for (const word of wordsOf(layout, LAYER)) {
    floats[word] = rows[Math.floor(i / stride) * QUAD + ((i % stride) % PERIOD)]!;
    i++;
  }
}

/** The output of all images, padded to whole blocks: [output, image]. */
function readOutput(buffer: ArrayBufferLike, layout: MemoryLayout): Float32Array {
  const floats = new Float32Array(buffer);
  return Float32Array.from(wordsOf(layout, LAYER + 1), (word) => floats[word]!);
}

/** The work of one run: pruned weights are skipped, and every kept weight is a list entry of eight bytes. */
function workOfKept({ shape, images }: KernelCase, kept: number): RunWork {
  const { inputs, outputs, weights, biases } = sizesOf(shape);
  return {
    flops: (2 * costOf(shape, images).macs * kept) / weights,
    bytes: 4 * ((inputs + outputs) * images + biases) + 8 * kept,
  };
}
