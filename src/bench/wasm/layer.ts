/** A convolution or a dense layer on the WebAssembly kernels, with its data as the engine lays it out. */
import { BlockRunner } from '../../engine/wasm/block-runner.ts';
import { instantiateKernels } from '../../engine/wasm/kernels.ts';
import { BLOCK, inputOffsets, memoryLayout, type InputLayout } from '../../engine/wasm/layout.ts';
import type { WasmModule } from '../../engine/wasm/web-assembly.ts';
import { fuse } from '../../network/fuse.ts';
import type { Layer, Network } from '../../network/network.ts';
import { QUAD } from '../../kernels/spec.ts';
import type { OpenCase } from '../backend.ts';
import { costOf, sizesOf, type KernelCase, type KernelShape } from '../cases.ts';
import { keptBy, PERIOD, UNWRITTEN, type Planted } from '../planted.ts';
import type { RunWork } from '../rates.ts';
import { newMemory } from './memory.ts';

type LayerShape = Exclude<KernelShape, { readonly kernel: 'softmax_cross_entropy' }>;

const PAGE = 65_536;

export async function openLayer(
  module: WasmModule,
  one: KernelCase,
  shape: LayerShape,
  planted: Planted,
): Promise<OpenCase> {
  const { images } = one;
  const { outputs } = sizesOf(shape);
  const layers = fuse(networkAround(shape));
  const blocks = { workers: 1, firstBlock: 0, blockStride: 1 };
  const layout = memoryLayout(layers, { images, height: 1, width: 1, ...blocks });
  const memory = newMemory(layout.pages * PAGE);
  const runner = new BlockRunner(await instantiateKernels(module, memory), memory, layout, 0, layers);
  const floats = new Float32Array(memory.buffer);
  const words = new Uint32Array(memory.buffer);
  const control = new Int32Array(memory.buffer, layout.control, 4);

  const { input, weight, bias, mask, offsets } = layout.layers[1]!;
  floats.set(planted.weight, weight / 4);
  floats.set(planted.bias, bias / 4);
  words.set(planted.masks[0]!, mask / 4);
  words.set(inputOffsets(layers[1]!, input), offsets / 4);
  for (let block = 0; block < layout.blocks; block++) {
    placeInput(
      floats,
      (layout.caches[1]! + block * input.blockBytes) / 4,
      input,
      shape,
      planted,
      block * BLOCK,
    );
  }
  const y = layout.caches[2]! / 4;
  const yBlock = layout.layers[2]!.input.blockBytes / 4;
  floats.fill(UNWRITTEN, y, y + layout.blocks * yBlock);

  const pass = {
    kind: 'extend',
    from: 1,
    to: 2,
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
      const stride = layout.blocks * BLOCK;
      const all = new Float32Array(outputs * stride);
      for (let block = 0; block < layout.blocks; block++) {
        for (let output = 0; output < outputs; output++) {
          const from = y + block * yBlock + output * BLOCK;
          all.set(floats.subarray(from, from + BLOCK), output * stride + block * BLOCK);
        }
      }
      return Promise.resolve({ stride, y: all });
    },
    time(runs) {
      const started = performance.now();
      for (let i = 0; i < runs; i++) run();
      return Promise.resolve((performance.now() - started) / 1000);
    },
    close: () => undefined,
  };
}

/** The layer as the second of three, since the engine keeps the inputs of all but the first. */
function networkAround(shape: LayerShape): Network {
  const activation = 'none';
  const last: Layer = { kind: 'dense', name: 'last', outputs: 1, activation };
  if (shape.kernel === 'masked_dense') {
    const { inputs, outputs } = shape.shape;
    const first: Layer = { kind: 'dense', name: 'first', outputs: inputs, activation };
    const layer: Layer = { ...shape.shape, kind: 'dense', name: shape.name, outputs };
    return { input: { channels: 1, height: 1, width: 1 }, layers: [{ kind: 'flatten' }, first, layer, last] };
  }
  const { inChannels, inHeight, inWidth, pool } = shape.shape;
  const first: Layer = {
    kind: 'conv2d',
    name: 'first',
    outChannels: inChannels,
    kernel: 1,
    padding: 0,
    activation,
  };
  const layer: Layer = { ...shape.shape, kind: 'conv2d', name: shape.name };
  const pooling: readonly Layer[] = pool === 2 ? [{ kind: 'avgpool2d' }] : [];
  return {
    input: { channels: 1, height: inHeight, width: inWidth },
    layers: [first, layer, ...pooling, { kind: 'flatten' }, last],
  };
}

/** Writes a block of images from word `at` on; `first` is the first of them. */
function placeInput(
  floats: Float32Array,
  at: number,
  input: InputLayout,
  shape: LayerShape,
  { x }: Planted,
  first: number,
): void {
  const { height, width } =
    shape.kernel === 'masked_conv2d'
      ? { height: shape.shape.inHeight, width: shape.shape.inWidth }
      : { height: 1, width: 1 };
  const { parts, lanes, partBytes, originBytes, channelBytes, rowBytes, pixelBytes } = input;
  const rows = x[0]!;
  for (let row = 0; row < rows.length / QUAD; row++) {
    const channel = Math.floor(row / (height * width));
    const line = Math.floor(row / width) % height;
    const pixel = channel * channelBytes + line * rowBytes + (row % width) * pixelBytes;
    for (let i = 0; i < parts * lanes; i++) {
      const part = Math.floor(i / lanes) * partBytes;
      floats[at + (originBytes + pixel + part) / 4 + (i % lanes)] =
        rows[row * QUAD + ((first + i) % PERIOD)]!;
    }
  }
}

/** Pruned weights are skipped, and every kept one is an entry of eight bytes in a list. */
function workOfKept({ shape, images }: KernelCase, kept: number): RunWork {
  const { inputs, outputs, weights, biases } = sizesOf(shape);
  return {
    flops: (2 * costOf(shape, images).macs * kept) / weights,
    bytes: 4 * ((inputs + outputs) * images + biases) + 8 * kept,
  };
}
