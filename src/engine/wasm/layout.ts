/**
 * Where everything lies in a WebAssembly memory, in bytes: computed once by the host, and sent to the workers as it is.
 *
 * Images come in blocks of `BLOCK`, innermost. The input of a convolution is kept in two parts of half a block, each
 * [channel, row, column, 12] with its padding around; the input of a dense layer is [feature, 24].
 */
import type { ConvShape } from '../../kernels/masked-conv2d.ts';
import { MasksearchError } from '../../core/error.ts';
import type { FusedLayer } from '../../network/fuse.ts';

/** Images that the kernels process together. */
export const BLOCK = 24;

const FLOAT = 4;
const PAGE = 65_536;
/** What a 32-bit address reaches. */
const MAX_MEMORY = 2 ** 32;
/** Every region starts on a cache line of its own. */
const LINE = 64;

/** Strides of the input of a layer within a block, in bytes. */
export interface InputLayout {
  /** Parts that a block is split into, and images of each. */
  readonly parts: number;
  readonly lanes: number;
  readonly partBytes: number;
  readonly channelBytes: number;
  readonly rowBytes: number;
  readonly pixelBytes: number;
  /** From the start of a part to its first pixel that is not padding. */
  readonly originBytes: number;
  readonly blockBytes: number;
  /** Rows of a part, `lanes` images each: pixels with their padding, or features. */
  readonly rows: number;
}

export interface LayerLayout {
  readonly input: InputLayout;
  readonly weight: number;
  readonly bias: number;
  readonly mask: number;
  /** Table for `list_kept`: u32 byte offset of each input of an output. */
  readonly offsets: number;
}

export interface WorkerLayout {
  /** Output of each layer for the block at work; the input of the first comes before them. */
  readonly inputs: readonly number[];
  readonly logits: number;
  /** For `masked_conv2d`: a tile of 2x2 pixels of half a block for every output channel. */
  readonly sums: number;
  /** A row of all images, for `gather_images`. */
  readonly scratch: number;
  /** For each layer, what `list_kept` writes. */
  readonly lists: readonly { readonly starts: number; readonly entries: number }[];
}

export interface MemoryLayout {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  /** Blocks of images with a place in the caches: every `blockStride`-th from `firstBlock` on. */
  readonly blocks: number;
  readonly firstBlock: number;
  readonly blockStride: number;
  readonly control: number;
  readonly pixels: number;
  readonly labels: number;
  readonly table: number;
  readonly order: number;
  /** u32 loss of each image, by its place in the order, in 2^-20 nat. */
  readonly losses: number;
  /** For `gather_images`: u32 place in the caches that each image comes from. */
  readonly source: number;
  readonly layers: readonly LayerLayout[];
  /** For each layer, its cached input, a block after the other; none for the first, which is gathered anew. */
  readonly caches: readonly number[];
  readonly workers: readonly WorkerLayout[];
  readonly pages: number;
}

/** The kernels' own constants lie before everything else. */
export const STATIC_BYTES = 2_048;

/** Words of the control region, by their index as i32; `sum` is one i64. */
export const CONTROL = { sum: 0, next: 2, stop: 3 } as const;
const CONTROL_BYTES = LINE;

export interface LayoutOptions {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly workers: number;
  readonly firstBlock: number;
  readonly blockStride: number;
}

/** Throws 'limit-exceeded' if it does not fit into a memory of 32-bit addresses. */
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
    workers: Array.from({ length: workers }, () => ({
      inputs: inputs.map(({ blockBytes }) => take(blockBytes)),
      logits: take(layers.at(-1)!.outputs * BLOCK * FLOAT),
      sums: take(Math.max(...layers.map(({ biases }) => biases)) * 4 * (BLOCK / 2) * FLOAT),
      scratch: take(blocks * BLOCK * FLOAT),
      lists: layers.map(({ weights, biases }) => ({
        starts: take((biases + 1) * 4),
        entries: take(weights * 2 * FLOAT),
      })),
    })),
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
  // One pixel more: the tile of a last odd column reads beyond its row.
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

function paddedSizes({ inChannels, inHeight, inWidth, padding }: ConvShape) {
  return { channels: inChannels, height: inHeight + 2 * padding, width: inWidth + 2 * padding, padding };
}

/** Byte offset of each input of one output from the top left of the output's patch, in the order of the weights. */
export function inputOffsets(
  layer: FusedLayer,
  { channelBytes, rowBytes, pixelBytes }: InputLayout,
): Uint32Array {
  if (layer.kind === 'dense') return Uint32Array.from({ length: layer.inputs }, (_, i) => i * channelBytes);
  const { inChannels, kernel } = layer.shape;
  return Uint32Array.from({ length: inChannels * kernel * kernel }, (_, i) => {
    const channel = Math.floor(i / (kernel * kernel));
    const row = Math.floor(i / kernel) % kernel;
    return channel * channelBytes + row * rowBytes + (i % kernel) * pixelBytes;
  });
}
