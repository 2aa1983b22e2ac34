/**
 * The layout of a WebAssembly memory. The host computes it once and posts it to the workers. Addresses, sizes and
 * strides are in bytes.
 *
 * Images are innermost, in blocks of `BLOCK`. The input of a convolution has two parts of half a block each: [channel,
 * row, column, 12] f32, with its padding around the image. The input of a dense layer is [feature, 24] f32.
 */
import type { ConvShape } from '../../kernels/masked-conv2d.ts';
import { MasksearchError } from '../../core/error.ts';
import type { FusedLayer } from '../../network/fused-layer.ts';
import { isPlain, unsupported } from '../unsupported.ts';

/** Images that the kernels process together. */
export const BLOCK = 24;

const FLOAT = 4;
const PAGE = 65_536;
/** The end of 32-bit addresses. */
const MAX_MEMORY = 2 ** 32;
/** Every region starts at a multiple of this: a cache line. */
const LINE = 64;

/** Layout of a layer's input within one block. */
export interface InputLayout {
  /** Number of parts that a block is split into. */
  readonly parts: number;
  /** Images of a part. */
  readonly lanes: number;
  readonly partBytes: number;
  readonly channelBytes: number;
  readonly rowBytes: number;
  readonly pixelBytes: number;
  /** From the start of a part to its first pixel that is not padding. */
  readonly originBytes: number;
  readonly blockBytes: number;
  /** Rows of a part, of `lanes` values each: pixels, including padding, or features. */
  readonly rows: number;
}

export interface LayerLayout {
  readonly input: InputLayout;
  /** [out_channel, in_channel, kernel_row, kernel_column] or [output, input] f32. */
  readonly weight: number;
  /** [out_channel] or [output] f32. */
  readonly bias: number;
  /** Mask bits in u32 words. */
  readonly mask: number;
  /** For `list_kept`: [input] u32 byte offset of each input of an output. */
  readonly offsets: number;
}

/** Regions that only one worker uses. */
export interface WorkerLayout {
  /** Input of each layer for one block. */
  readonly inputs: readonly number[];
  /** Output of the last layer for one block: [class, 24] f32. */
  readonly logits: number;
  /** For `masked_conv2d`: [out_channel, 2, 2, 12] f32, a tile of 2 x 2 pixels of half a block. */
  readonly sums: number;
  /** For `gather_images`: one row of all images, f32. */
  readonly scratch: number;
  /** For each layer, the outputs of `list_kept`. */
  readonly lists: readonly { readonly starts: number; readonly entries: number }[];
}

export interface MemoryLayout {
  readonly images: number;
  /** Size of an image in pixels. */
  readonly height: number;
  readonly width: number;
  /** Number of blocks in the caches: every `blockStride`-th block of the visiting order, from `firstBlock` on. */
  readonly blocks: number;
  readonly firstBlock: number;
  readonly blockStride: number;
  /** Words that workers share; see `CONTROL`. */
  readonly control: number;
  /** [image, row, column] u8. */
  readonly pixels: number;
  /** [image] u8. */
  readonly labels: number;
  /** The network's input for each pixel value: [256] f32. */
  readonly table: number;
  /** [place] u32 index of an image. */
  readonly order: number;
  /** [place] u32 loss in `LOSS_UNITS`. */
  readonly losses: number;
  /** For `gather_images`: [place] u32 place in the caches that each image comes from. */
  readonly source: number;
  readonly layers: readonly LayerLayout[];
  /** Cached input of each layer, one block after the other. 0 for the first layer, whose input is not cached. */
  readonly caches: readonly number[];
  readonly workers: readonly WorkerLayout[];
  /** Size of the memory in pages of 64 KiB. */
  readonly pages: number;
}

/** The kernels' own constants are at the start of the memory. */
export const STATIC_BYTES = 2_048;

/**
 * Words of the control region. `sum`: index of an i64, the sum of losses. `next` and `stop`: indices of i32 words, the
 * number of the next piece of work and whether to stop.
 */
export const CONTROL = { sum: 0, next: 2, stop: 3 } as const;
const CONTROL_BYTES = LINE;

export interface LayoutOptions {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  /** Workers that use the memory. */
  readonly workers: number;
  readonly firstBlock: number;
  readonly blockStride: number;
}

/** Throws 'limit-exceeded' if the regions do not fit into 32-bit addresses. */
export function memoryLayout(layers: readonly FusedLayer[], options: LayoutOptions): MemoryLayout {
  const { images, height, width, workers, firstBlock, blockStride } = options;
  let end = STATIC_BYTES;
  const take = (bytes: number) => {
    const start = end;
    end = Math.ceil((start + bytes) / LINE) * LINE;
    return start;
  };
  const blocks = Math.ceil((Math.ceil(images / BLOCK) - firstBlock) / blockStride);
  const inputs = layers.map(inputLayout);
  const layout = {
    images,
    height,
    width,
    blocks,
    firstBlock,
    blockStride,
    control: take(CONTROL_BYTES),
    pixels: take(images * height * width),
    labels: take(images),
    table: take(256 * FLOAT),
    order: take(images * 4),
    losses: take(images * 4),
    source: take(Math.ceil(images / BLOCK) * BLOCK * 4),
    layers: layers.map(({ weights, biases }, s) => ({
      input: inputs[s]!,
      weight: take(weights * FLOAT),
      bias: take(biases * FLOAT),
      mask: take(Math.ceil(weights / 32) * 4),
      offsets: take((weights / biases) * 4),
    })),
    caches: layers.map((_, s) => (s === 0 ? 0 : take(blocks * inputs[s]!.blockBytes))),
    workers: Array.from({ length: workers }, () => workerLayout(layers, inputs, blocks, take)),
  };
  if (end > MAX_MEMORY) {
    throw new MasksearchError(
      'limit-exceeded',
      `${images} images need ${end} bytes of WebAssembly memory, at most ${MAX_MEMORY} are possible`,
      'use fewer images',
    );
  }
  return { ...layout, pages: Math.ceil(end / PAGE) };
}

/** @param take reserves a region of so many bytes and returns its address */
function workerLayout(
  layers: readonly FusedLayer[],
  inputs: readonly InputLayout[],
  blocks: number,
  take: (bytes: number) => number,
): WorkerLayout {
  return {
    inputs: inputs.map(({ blockBytes }) => take(blockBytes)),
    logits: take(layers.at(-1)!.outputs * BLOCK * FLOAT),
    sums: take(Math.max(...layers.map(({ biases }) => biases)) * 4 * (BLOCK / 2) * FLOAT),
    scratch: take(blocks * BLOCK * FLOAT),
    lists: layers.map(({ weights, biases }) => ({
      starts: take((biases + 1) * 4),
      entries: take(weights * 2 * FLOAT),
    })),
  };
}

/** Throws 'bad-input' for a layer without a kernel. */
export function checkLayers(layers: readonly FusedLayer[]): void {
  for (const layer of layers) {
    if (layer.kind !== 'dense' && !(layer.kind === 'conv2d' && isPlain(layer.shape)))
      throw unsupported('WebAssembly', layer);
  }
}

function inputLayout(layer: FusedLayer): InputLayout {
  const conv = layer.kind === 'conv2d' ? layer.shape : undefined;
  const parts = conv ? 2 : 1;
  const lanes = BLOCK / parts;
  const pixelBytes = lanes * FLOAT;
  const { channels, height, width, padding } = conv
    ? paddedSizes(conv)
    : { channels: layer.inputs, height: 1, width: 1, padding: 0 };
  const rowBytes = width * pixelBytes;
  const channelBytes = height * rowBytes;
  // One extra pixel: the tile of an odd last column reads beyond the end of its row.
  const partBytes = Math.ceil((channels * channelBytes + (conv ? pixelBytes : 0)) / LINE) * LINE;
  return {
    parts,
    lanes,
    partBytes,
    channelBytes,
    rowBytes,
    pixelBytes,
    originBytes: padding * (rowBytes + pixelBytes),
    blockBytes: parts * partBytes,
    rows: channels * height * width,
  };
}

function paddedSizes({ inChannels, inHeight, inWidth, padding: [padding] }: ConvShape) {
  return { channels: inChannels, height: inHeight + 2 * padding, width: inWidth + 2 * padding, padding };
}

/**
 * Byte offset of each input of one output from the top left of the output's receptive field, in the order of the
 * output's weights: [input] u32.
 */
export function inputOffsets(
  layer: FusedLayer,
  { channelBytes, rowBytes, pixelBytes }: InputLayout,
): Uint32Array {
  if (layer.kind === 'dense') return Uint32Array.from({ length: layer.inputs }, (_, i) => i * channelBytes);
  if (layer.kind !== 'conv2d') throw unsupported('WebAssembly', layer);
  const {
    inChannels,
    kernel: [kernel],
  } = layer.shape;
  return Uint32Array.from({ length: inChannels * kernel * kernel }, (_, i) => {
    const channel = Math.floor(i / (kernel * kernel));
    const row = Math.floor(i / kernel) % kernel;
    return channel * channelBytes + row * rowBytes + (i % kernel) * pixelBytes;
  });
}
