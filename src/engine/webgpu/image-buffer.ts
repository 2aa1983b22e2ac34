/**
 * A run of images on the device: the cached tensors, the targets, the losses, and the order in which the images are
 * visited. All images are one run unless a buffer of that size exceeds the device's limits.
 *
 * Activations have images innermost: [channel, row, column, image] or [feature, image] f32, rows of `stride` images.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import type { TensorIndex } from '../../network/fused-layer.ts';
import type { Model } from '../../network/model.ts';
import { imagesInnermost } from '../images.ts';
import type { Chunk } from '../plan/chunks.ts';
import { targetWords, type Targets } from '../targets.ts';
import type { BufferSet } from './device/buffer-set.ts';
import { BUFFER_USAGE } from './device/constants.ts';
import type { GpuContext } from './device/context.ts';
import type { ImageRun } from './split-images.ts';
import type { TensorPlan } from './tensor-plan.ts';

/** Losses of so many candidates are kept, to rank images by; fewer if they take more than `LOSS_BYTES`. */
const MAX_LOSS_ROWS = 256;
const LOSS_BYTES = 8 * 2 ** 20;

export interface ImageBufferOptions {
  readonly model: Model;
  readonly tensors: TensorPlan;
  /** The whole image set. */
  readonly images: ImageSet;
  /** Of the whole image set. */
  readonly targets: Targets;
  /** The images of this buffer. */
  readonly run: ImageRun;
  /** Index among the image buffers. */
  readonly index: number;
}

/** Targets, and the cached tensors that are alive at one cut, in the visiting order. */
interface Ordered {
  /** [target, place] u32 or f32. */
  readonly targets: GPUBuffer;
  /** Slots: the first has room for the first tensor that is alive at any cut, and so on. */
  readonly slots: readonly GPUBuffer[];
}

/** A cached tensor that must be gathered into the visiting order. */
export interface Gather {
  readonly tensor: TensorIndex;
  readonly from: GPUBuffer;
  readonly into: GPUBuffer;
}

export class ImageBuffer {
  readonly index: number;
  readonly images: number;
  /** Images per row, padded to quads. */
  readonly stride: number;
  /** Chunks of places; the sum of losses is compared with the limit after each. */
  readonly chunks: readonly Chunk[];
  /** Cached tensors in the images' own order, as far as plans have extended them; tensor 0 is the images. */
  readonly cache: ReadonlyMap<TensorIndex, GPUBuffer>;
  /** [candidate, place] u32 in `LOSS_UNITS`. */
  readonly losses: GPUBuffer;
  /** Candidates that `losses` has a row for. */
  readonly lossRows: number;
  /** Targets in the images' own order: [target, image] u32 or f32. */
  readonly ownTargets: GPUBuffer;
  readonly targetsPerImage: number;
  readonly #context: GpuContext;
  readonly #buffers: BufferSet;
  readonly #tensors: TensorPlan;
  /** [place] u32 index of an image: the present order and room for the next. */
  readonly #orders: readonly [GPUBuffer, GPUBuffer];
  #current: 0 | 1 = 0;
  /** Undefined while the images are visited in their own order. */
  #ordered: Ordered | undefined;
  /** The tensor in each slot of `#ordered`; undefined for one that is out of date. */
  #gathered: (TensorIndex | undefined)[] = [];

  constructor(
    context: GpuContext,
    buffers: BufferSet,
    { model, tensors, images, targets, run, index }: ImageBufferOptions,
  ) {
    const { first, count, chunks } = run;
    this.index = index;
    this.images = count;
    this.stride = quadsOf(count) * QUAD;
    this.chunks = chunks;
    this.#context = context;
    this.#buffers = buffers;
    this.#tensors = tensors;
    const label = (what: string) => `${what}, image buffer ${index}`;
    this.targetsPerImage = targets.perImage;
    this.ownTargets = buffers.upload(label('targets'), targetRows(targets, first, count));
    this.cache = new Map(
      Array.from(tensors.cached, (tensor) => [
        tensor,
        tensor === 0
          ? buffers.upload(label('images'), imagesInnermost(model, images, first, count))
          : this.#createRows(label(`output of ${tensors.layers[tensor - 1]!.name}`), tensors.sizes[tensor]!),
      ]),
    );
    this.lossRows = Math.max(2, Math.min(MAX_LOSS_ROWS, Math.floor(LOSS_BYTES / (this.stride * 4))));
    this.losses = this.#createRows(label('losses'), this.lossRows);
    const order = this.#ownOrder();
    this.#orders = [buffers.upload(label('order'), order), buffers.upload(label('next order'), order)];
  }

  /** All images, as one chunk. */
  get whole(): Chunk {
    return { first: 0, count: this.images };
  }

  /** A tensor that is alive at a cut, in the visiting order; see `takeGathers`. */
  inputOf(tensor: TensorIndex, cut: number): GPUBuffer {
    const slot = this.#tensors.aliveAt(cut).indexOf(tensor);
    return this.#ordered?.slots[slot] ?? this.cache.get(tensor)!;
  }

  /** Targets in the visiting order. */
  get targets(): GPUBuffer {
    return this.#ordered?.targets ?? this.ownTargets;
  }

  get order(): GPUBuffer {
    return this.#orders[this.#current];
  }

  /**
   * Starts a new order. The caller must dispatch kernels that rank the images `from` the present order `into` the new
   * one and gather `targets`. From the next dispatch on, the new order is in use.
   */
  beginOrder(): { readonly from: GPUBuffer; readonly into: GPUBuffer; readonly targets: GPUBuffer } {
    this.#ordered ??= {
      targets: this.#createRows('ordered targets', this.targetsPerImage),
      slots: this.#slotSizes().map((size, i) => this.#createRows(`ordered tensor ${i}`, size)),
    };
    const from = this.order;
    this.#current = this.#current === 0 ? 1 : 0;
    this.#gathered = [];
    return { from, into: this.order, targets: this.#ordered.targets };
  }

  /** What the caller must gather before candidates start at a cut. It counts as gathered from now on. */
  takeGathers(cut: number): readonly Gather[] {
    if (!this.#ordered) return [];
    const gathers: Gather[] = [];
    for (const [slot, tensor] of this.#tensors.aliveAt(cut).entries()) {
      if (this.#gathered[slot] === tensor) continue;
      this.#gathered[slot] = tensor;
      gathers.push({ tensor, from: this.cache.get(tensor)!, into: this.#ordered.slots[slot]! });
    }
    return gathers;
  }

  /** The caches were written, so what was gathered from them is out of date. */
  extended(): void {
    this.#gathered = [];
  }

  /** Returns to the images' own order: after a failed batch the present order is unknown. */
  resetOrder(): void {
    if (this.#ordered) {
      for (const buffer of [this.#ordered.targets, ...this.#ordered.slots]) this.#buffers.destroy(buffer);
      this.#ordered = undefined;
    }
    this.#gathered = [];
    this.#context.device.queue.writeBuffer(this.order, 0, this.#ownOrder());
  }

  /** Elements per image that each slot must have room for. */
  #slotSizes(): readonly number[] {
    const { cuts, sizes } = this.#tensors;
    const slots: number[] = [];
    for (const cut of [0, ...cuts]) {
      for (const [slot, tensor] of this.#tensors.aliveAt(cut).entries()) {
        slots[slot] = Math.max(slots[slot] ?? 0, sizes[tensor]!);
      }
    }
    return slots;
  }

  #createRows(label: string, rows: number): GPUBuffer {
    const usage = BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget;
    return this.#buffers.create(label, rows * this.stride * 4, usage);
  }

  #ownOrder(): Uint32Array<ArrayBuffer> {
    return Uint32Array.from({ length: this.stride }, (_, place) => place);
  }
}

/** [target, image] of `count` images from `first` on, rows padded to quads. */
function targetRows(targets: Targets, first: number, count: number): Uint32Array<ArrayBuffer> {
  const { perImage } = targets;
  const words = targetWords(targets);
  const stride = quadsOf(count) * QUAD;
  const rows = new Uint32Array(perImage * stride);
  for (let image = 0; image < count; image++) {
    const from = (first + image) * perImage;
    for (let target = 0; target < perImage; target++) rows[target * stride + image] = words[from + target]!;
  }
  return rows;
}
