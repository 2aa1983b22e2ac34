/**
 * A run of images with everything on the device that is theirs: the input of every layer, labels, and the order in which
 * they are visited. All images are one imageBuffer, unless a buffer of that size is more than the device allows.
 *
 * Activations are kept batch innermost: [channel, row, column, image] or [feature, image], rows of `stride` images.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import { imagesInnermost } from '../images.ts';
import type { Model } from '../../network/model.ts';
import type { FusedLayer } from '../../network/fuse.ts';
import type { Chunk } from '../plan/chunks.ts';
import type { BufferSet } from './device/buffer-set.ts';
import { BUFFER_USAGE } from './device/constants.ts';
import type { GpuContext } from './device/context.ts';

/** Losses are kept to rank images by: of as many candidates as this, and as fit into so many bytes. */
const LOSS_ROWS = 256;
const LOSS_BYTES = 8 * 2 ** 20;

export class ImageBuffer {
  readonly index: number;
  readonly images: number;
  /** Images per row, with padding to quads. */
  readonly stride: number;
  /** What is visited before the sum is compared with the limit again. */
  readonly chunks: readonly Chunk[];
  /** Input of each layer in the images' own order, as far as the plan has it cached; the first is the images. */
  readonly cache: readonly GPUBuffer[];
  readonly losses: GPUBuffer;
  /** Candidates that `losses` has a row for. */
  readonly lossRows: number;
  readonly #labels: GPUBuffer;
  readonly #buffers: BufferSet;
  readonly #widestInput: number;
  /** Image at each place, now and next. */
  readonly #orders: readonly [GPUBuffer, GPUBuffer];
  #current: 0 | 1 = 0;
  /** Labels and the input of one layer in the order of places; undefined as long as that is the images' own. */
  #ordered: { readonly input: GPUBuffer; readonly labels: GPUBuffer } | undefined;
  /** The layer whose input `#ordered` holds. */
  #orderedLayer: number | undefined;

  constructor(
    context: GpuContext,
    buffers: BufferSet,
    model: Model,
    layers: readonly FusedLayer[],
    images: ImageSet,
    { first, count }: Chunk,
    chunks: readonly Chunk[],
    index: number,
  ) {
    this.index = index;
    this.images = count;
    this.stride = quadsOf(count) * QUAD;
    this.chunks = chunks;
    this.#buffers = buffers;
    this.#widestInput = Math.max(...layers.map(({ inputs }) => inputs));
    const label = (what: string) => `${what}, imageBuffer ${index}`;
    const upload = (what: string, data: Float32Array | Uint32Array) => {
      const buffer = this.#create(label(what), data.byteLength);
      context.device.queue.writeBuffer(buffer, 0, data as GPUAllowSharedBufferSource);
      return buffer;
    };
    const labels = new Uint32Array(this.stride);
    labels.set(images.labels.subarray(first, first + count));
    this.#labels = upload('labels', labels);
    this.cache = layers.map(({ name, inputs }, s) =>
      s === 0
        ? upload('images', imagesInnermost(model, images, first, count))
        : this.#create(label(`input of ${name}`), this.#rowBytes(inputs)),
    );
    this.lossRows = Math.max(2, Math.min(LOSS_ROWS, Math.floor(LOSS_BYTES / this.#rowBytes(1))));
    this.losses = this.#create(label('losses'), this.#rowBytes(this.lossRows));
    const order = this.#ownOrder();
    this.#orders = [upload('order', order), upload('next order', order)];
  }

  #rowBytes(rows: number): number {
    return rows * this.stride * 4;
  }

  #ownOrder(): Uint32Array<ArrayBuffer> {
    return Uint32Array.from({ length: this.stride }, (_, place) => place);
  }

  #create(label: string, bytes: number): GPUBuffer {
    return this.#buffers.create(label, bytes, BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget);
  }

  /** What candidates that start at `layer` read. */
  inputOf(layer: number): GPUBuffer {
    return this.#ordered?.input ?? this.cache[layer]!;
  }

  get labels(): GPUBuffer {
    return this.#ordered?.labels ?? this.#labels;
  }

  /** The images' own labels. */
  get ownLabels(): GPUBuffer {
    return this.#labels;
  }

  get order(): GPUBuffer {
    return this.#orders[this.#current];
  }

  /** Buffers to rank the images from and into; what is ranked is in use from the next dispatch on. */
  beginOrder(): { readonly from: GPUBuffer; readonly into: GPUBuffer; readonly labels: GPUBuffer } {
    this.#ordered ??= {
      input: this.#create('ordered input', this.#rowBytes(this.#widestInput)),
      labels: this.#create('ordered labels', this.#rowBytes(1)),
    };
    const from = this.order;
    this.#current = this.#current === 0 ? 1 : 0;
    this.#orderedLayer = undefined;
    return { from, into: this.order, labels: this.#ordered.labels };
  }

  /** Whether the input of `layer` must be gathered before `inputOf` has it; it is believed to be done then. */
  mustGather(layer: number): boolean {
    const must = this.#ordered !== undefined && this.#orderedLayer !== layer;
    if (must) this.#orderedLayer = layer;
    return must;
  }

  /** The caches were written. */
  extended(): void {
    this.#orderedLayer = undefined;
  }

  /** Goes back to the images' own order: a batch failed, so nothing else is known. */
  clear(context: GpuContext): void {
    if (this.#ordered) {
      this.#buffers.destroy(this.#ordered.input);
      this.#buffers.destroy(this.#ordered.labels);
      this.#ordered = undefined;
    }
    this.#orderedLayer = undefined;
    context.device.queue.writeBuffer(this.order, 0, this.#ownOrder());
  }
}
