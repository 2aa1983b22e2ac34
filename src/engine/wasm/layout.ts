/**
 * The layout of a WebAssembly memory. The host computes it once and posts it to the workers. Addresses and sizes are in
 * bytes. Tensors are laid out as tensor-layout.ts says, block by block.
 */
import { MasksearchError } from '../../core/error.ts';
import { classLoss, targetsPerImage, type Loss } from '../../kernels/loss.ts';
import type { FusedLayer, TensorIndex } from '../../network/fused-layer.ts';
import { momentsAddresses, type MomentsAddresses, type MomentsSizes } from './moments/regions.ts';
import { scratchTensors } from './scratch-tensors.ts';
import { elementwiseTensors, layerTable } from './tables.ts';
import {
  BLOCK,
  FLOAT,
  LINE,
  PIXEL,
  tensorLayouts,
  type ImageShape,
  type TensorLayout,
} from './tensor-layout.ts';

export { BLOCK } from './tensor-layout.ts';

export const PAGE = 65_536;
/** The end of 32-bit addresses. */
export const MAX_MEMORY = 2 ** 32;

export interface LayerLayout {
  /** [output, input of an output] f32; of an affine layer the scale. */
  readonly weight: number;
  /** [output] f32; of an affine layer the shift. */
  readonly bias: number;
  /** See `layerTable`. */
  readonly table: number;
}

/** Regions that only one worker uses. */
export interface WorkerLayout {
  /** Every tensor, by number, for one block. Tensors that are never needed together share a region. */
  readonly tensors: readonly number[];
  /** For `masked_conv2d`: [out_channel, 2, 2, 12] f32, a tile of 2 x 2 pixels of a part. */
  readonly sums: number;
  /** For `gather_images`: one pixel of all images, f32. */
  readonly scratch: number;
  /** For each layer the outputs of `list_kept`; of no size for a layer without weights to prune. */
  readonly lists: readonly { readonly starts: number; readonly entries: number }[];
  /** Undefined unless second moments are summed; see moments/regions.ts. */
  readonly moments?: MomentsAddresses | undefined;
}

export interface MemoryLayout {
  readonly images: number;
  readonly loss: Loss;
  /** Number of blocks in the caches: every `blockStride`-th block of the visiting order, from `firstBlock` on. */
  readonly blocks: number;
  readonly firstBlock: number;
  readonly blockStride: number;
  /** By number. */
  readonly tensors: readonly TensorLayout[];
  /** Words that workers share; see `CONTROL`. */
  readonly control: number;
  /** [image, channel, row, column] u8, or f32 if they are the network's input as they are. */
  readonly pixels: number;
  /** [image, target] u32 or f32; see `Targets`. */
  readonly targets: number;
  /** The network's input for each value of a pixel: [channel, 256] f32; 0 if pixels are f32. */
  readonly table: number;
  /** [place] u32 index of an image. */
  readonly order: number;
  /** [place] u32 loss in `LOSS_UNITS`. */
  readonly losses: number;
  /** For `gather_images`: [place] u32 place in the caches that each image comes from. */
  readonly source: number;
  /** For each tensor `elementOffsets`, if a kernel takes them; else of no size. */
  readonly offsets: readonly number[];
  /** Bits of each mask in u32 words. */
  readonly masks: readonly number[];
  readonly layers: readonly LayerLayout[];
  /** Cached tensors, by number, one block after the other; 0 for one that is not cached. */
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
  /** Of the network's input. */
  readonly input: ImageShape;
  /** Whether pixels are float32, the network's input as it is. Default: they are bytes. */
  readonly floats?: boolean;
  /** Default: that over classes. */
  readonly loss?: Loss | undefined;
  /** Tensors to cache. Default: all but the images. */
  readonly cached?: readonly TensorIndex[];
  /** Workers that use the memory. */
  readonly workers: number;
  readonly firstBlock: number;
  readonly blockStride: number;
  /** What the regions for second moments must hold. Default: there are none. */
  readonly moments?: MomentsSizes | undefined;
}

/** Throws 'limit-exceeded' if the regions do not fit into 32-bit addresses. */
export function memoryLayout(layers: readonly FusedLayer[], options: LayoutOptions): MemoryLayout {
  const { images, input, floats = false, workers, firstBlock, blockStride } = options;
  const { loss = classLoss(layers.at(-1)!.outputs) } = options;
  const cached = new Set(options.cached ?? layers.map((_, s) => s + 1));
  let end = STATIC_BYTES;
  const take = (bytes: number) => {
    const start = end;
    end = Math.ceil((start + bytes) / LINE) * LINE;
    return start;
  };
  const blocks = Math.ceil((Math.ceil(images / BLOCK) - firstBlock) / blockStride);
  const tensors = tensorLayouts(layers, input);
  const [channels, height, width] = input;
  const withOffsets = elementwiseTensors(layers);
  const layout = {
    images,
    loss,
    blocks,
    firstBlock,
    blockStride,
    tensors,
    control: take(CONTROL_BYTES),
    pixels: take(images * channels * height * width * (floats ? FLOAT : 1)),
    targets: take(images * targetsPerImage(loss) * 4),
    table: floats ? 0 : take(channels * 256 * FLOAT),
    order: take(images * 4),
    losses: take(images * 4),
    source: take(Math.ceil(images / BLOCK) * BLOCK * 4),
    offsets: tensors.map(({ shape: [c, h, w] }, tensor) => take(withOffsets.has(tensor) ? c * h * w * 4 : 0)),
    masks: maskSizes(layers).map((weights) => take(Math.ceil(weights / 32) * 4)),
    layers: layers.map((layer, s) => ({
      weight: take(layer.weights * FLOAT),
      bias: take(layer.biases * FLOAT),
      table: take(layerTable(layer, tensors[layer.reads[0]!]!, tensors[s + 1]!).byteLength),
    })),
    caches: tensors.map(({ blockBytes }, tensor) => (cached.has(tensor) ? take(blocks * blockBytes) : 0)),
    workers: Array.from({ length: workers }, () =>
      workerLayout(layers, tensors, blocks, take, options.moments),
    ),
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
  tensors: readonly TensorLayout[],
  blocks: number,
  take: (bytes: number) => number,
  moments: MomentsSizes | undefined,
): WorkerLayout {
  const { regions, regionOf } = scratchTensors(layers, tensors);
  const addresses = regions.map(take);
  return {
    tensors: regionOf.map((region) => addresses[region]!),
    sums: take(Math.max(1, ...layers.map(({ biases }) => biases)) * 4 * PIXEL),
    scratch: take(blocks * BLOCK * FLOAT),
    lists: layers.map(({ mask, weights, biases }) => ({
      starts: take(mask === undefined ? 0 : (biases + 1) * 4),
      entries: take(mask === undefined ? 0 : weights * 2 * FLOAT),
    })),
    moments: moments && momentsAddresses(moments, take),
  };
}

/** Weights of each mask. */
function maskSizes(layers: readonly FusedLayer[]): readonly number[] {
  const sizes: number[] = [];
  for (const { mask, weights } of layers) if (mask !== undefined) sizes[mask] = weights;
  return sizes;
}
