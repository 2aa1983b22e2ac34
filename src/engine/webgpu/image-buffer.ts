/**
 * A run of images on the device: the input of every layer, the labels, the losses, and the order in which the images
 * are visited. All images are one run unless a buffer of that size exceeds the device's limits.
 *
 * Activations have images innermost: [channel, row, column, image] or [feature, image] f32, rows of `stride` images.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import type { FusedLayer } from '../../network/fuse.ts';
import type { Model } from '../../network/model.ts';
import { imagesInnermost } from '../images.ts';
import type { Chunk } from '../plan/chunks.ts';
import type { BufferSet } from './device/buffer-set.ts';
import { BUFFER_USAGE } from './device/constants.ts';
import type { GpuContext } from './device/context.ts';
import { maxOf, type ImageRun } from './split-images.ts';

/** Losses of so many candidates are kept, to rank images by; fewer if they take more than `LOSS_BYTES`. */
const MAX_LOSS_ROWS = 256;
const LOSS_BYTES = 8 * 2 ** 20;

export interface ImageBufferOptions {
  readonly model: Model;
  readonly layers: readonly FusedLayer[];
  /** The whole image set. */
  readonly images: ImageSet;
  /** The images of this buffer. */
  readonly run: ImageRun;
  /** Index among the image buffers. */
  readonly index: number;
}

/** Labels [place] u32 and the input of one layer, in the visiting order. */
interface Ordered {
  readonly input: GPUBuffer;
  readonly labels: GPUBuffer;
}

export class ImageBuffer {
  readonly index: number;
  readonly images: number;
  /** Images per row, padded to quads. */
  readonly stride: number;
  /** Chunks of places; the sum of losses is compared with the limit after each. */
  readonly chunks: readonly Chunk[];
  /** Input of each layer in the images' own order, as far as the plan has it cached; that of layer 0 is the images. */
  readonly cache: readonly GPUBuffer[];
  /** [candidate, place] u32 in `LOSS_UNITS`. */
  readonly losses: GPUBuffer;
  /** Candidates that `losses` has a row for. */
  readonly lossRows: number;
  /** Labels in the images' own order: [image] u32. */
  readonly ownLabels: GPUBuffer;
  readonly #context: GpuContext;
  readonly #buffers: BufferSet;
  readonly #maxInputs: number;
  /** [place] u32 index of an image: the present order and room for the next. */
  readonly #orders: readonly [GPUBuffer, GPUBuffer];
  #current: 0 | 1 = 0;
  /** Undefined while the images are visited in their own order. */
  #ordered: Ordered | undefined;
  /** The layer whose input is in `#ordered`. */
  #orderedLayer: number | undefined;

  constructor(
    context: GpuContext,
    buffers: BufferSet,
    { model, layers, images, run, index }: ImageBufferOptions,
  ) {
    const { first, count, chunks } = run;
    this.index = index;
    this.images = count;
    this.stride = quadsOf(count) * QUAD;
    this.chunks = chunks;
    this.#context = context;
    this.#buffers = buffers;
    this.#maxInputs = maxOf(layers, 'inputs');
    const label = (what: string) => `${what}, image buffer ${index}`;
    const labels = new Uint32Array(this.stride);
    labels.set(images.labels.subarray(first, first + count));
    this.ownLabels = buffers.upload(label('labels'), labels);
    this.cache = layers.map(({ name, inputs }, s) =>
      s === 0
        ? buffers.upload(label('images'), imagesInnermost(model, images, first, count))
        : this.#createRows(label(`input of ${name}`), inputs),
    );
    this.lossRows = Math.max(2, Math.min(MAX_LOSS_ROWS, Math.floor(LOSS_BYTES / (this.stride * 4))));
    this.losses = this.#createRows(label('losses'), this.lossRows);
    const order = this.#ownOrder();
    this.#orders = [buffers.upload(label('order'), order), buffers.upload(label('next order'), order)];
  }

  /** Input of `layer` in the visiting order; see `mustGather`. */
  inputOf(layer: number): GPUBuffer {
    return this.#ordered?.input ?? this.cache[layer]!;
  }

  /** Labels in the visiting order. */
  get labels(): GPUBuffer {
    return this.#ordered?.labels ?? this.ownLabels;
  }

  get order(): GPUBuffer {
    return this.#orders[this.#current];
  }

  /**
   * Starts a new order. The caller must dispatch kernels that rank the images `from` the present order `into` the new
   * one and gather `labels`. From the next dispatch on, the new order is in use.
   */
  beginOrder(): { readonly from: GPUBuffer; readonly into: GPUBuffer; readonly labels: GPUBuffer } {
    this.#ordered ??= {
      input: this.#createRows('ordered input', this.#maxInputs),
      labels: this.#createRows('ordered labels', 1),
    };
    const from = this.order;
    this.#current = this.#current === 0 ? 1 : 0;
    this.#orderedLayer = undefined;
    return { from, into: this.order, labels: this.#ordered.labels };
  }

  /** Whether the caller must gather the input of `layer` into `inputOf(layer)` first. If so, it counts as gathered. */
  mustGather(layer: number): boolean {
    const must = this.#ordered !== undefined && this.#orderedLayer !== layer;
    if (must) this.#orderedLayer = layer;
    return must;
  }

  /** The caches were written, so what was gathered from them is out of date. */
  extended(): void {
    this.#orderedLayer = undefined;
  }

  /** Returns to the images' own order: after a failed batch the present order is unknown. */
  resetOrder(): void {
    if (this.#ordered) {
      this.#buffers.destroy(this.#ordered.input);
      this.#buffers.destroy(this.#ordered.labels);
      this.#ordered = undefined;
    }
    this.#orderedLayer = undefined;
    this.#context.device.queue.writeBuffer(this.order, 0, this.#ownOrder());
  }

  #createRows(label: string, rows: number): GPUBuffer {
    const usage = BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget;
    return this.#buffers.create(label, rows * this.stride * 4, usage);
  }

  #ownOrder(): Uint32Array<ArrayBuffer> {
    return Uint32Array.from({ length: this.stride }, (_, place) => place);
  }
}
