/** Sums second moments over blocks of images, in a worker. */
import { momentsSizes } from '../../../kernels/second-moments.ts';
import type { FusedLayer } from '../../../network/fused-layer.ts';
import { momentsShapeOf } from '../../../network/moments-shape.ts';
import type { MomentsPass, MomentSums } from '../../backend.ts';
import type { WasmKernels } from '../kernels.ts';
import { LayerRunner } from '../layer-runner.ts';
import { BLOCK, type MemoryLayout, type WorkerLayout } from '../layout.ts';
import { loadBlock } from '../load-block.ts';
import { groupsOf } from '../tables.ts';
import { windowOrigin } from '../tensor-layout.ts';
import type { WasmMemory } from '../web-assembly.ts';
import { PIECE_BYTES, PIECE_PLACES, PLACE_BYTES, type MomentsAddresses } from './regions.ts';

/** Adds the moments of some blocks to the worker's sums. */
export interface BlockMomentsPass extends MomentsPass {
  /** Rows of [group, size, size] to sum: as many as the worker has room for. */
  readonly firstRow: number;
  readonly endRow: number;
  readonly firstBlock: number;
  readonly endBlock: number;
  /** Whether these are the first blocks: sums start at 0. */
  readonly isFirst: boolean;
  /** Whether these are the last blocks: the result has the sums. */
  readonly isLast: boolean;
  /** For each layer, a number that changes with its parameters. */
  readonly versions: readonly number[];
}

/** Places of the window of a group, for `count` images. */
interface Places {
  readonly group: number;
  readonly place: number;
  readonly end: number;
  readonly count: number;
}

export class BlockMoments {
  readonly #kernels: WasmKernels;
  readonly #layout: MemoryLayout;
  readonly #own: WorkerLayout;
  readonly #at: MomentsAddresses;
  readonly #layers: readonly FusedLayer[];
  readonly #runner: LayerRunner;
  readonly #buffer: ArrayBufferLike;
  /** For each layer, the version of the parameters whose kept weights are listed. */
  readonly #listed: (number | undefined)[] = [];
  /** Places that are laid out and not yet summed. */
  #places = 0;

  /** @param worker index in `layout.workers`, which has regions for moments */
  constructor(
    kernels: WasmKernels,
    { buffer }: WasmMemory,
    layout: MemoryLayout,
    worker: number,
    layers: readonly FusedLayer[],
  ) {
    this.#kernels = kernels;
    this.#layout = layout;
    this.#own = layout.workers[worker]!;
    this.#at = this.#own.moments!;
    this.#layers = layers;
    this.#runner = new LayerRunner(kernels, layout, this.#own, layers);
    this.#buffer = buffer;
  }

  /** The sums of the rows of the pass, if it is the last. */
  run(pass: BlockMomentsPass): MomentSums | undefined {
    const elements = (pass.endRow - pass.firstRow) * pass.size;
    const gram = new Float64Array(this.#buffer, this.#at.gram, elements);
    const cross = new Float64Array(this.#buffer, this.#at.cross, elements);
    if (pass.isFirst) {
      gram.fill(0);
      cross.fill(0);
    }
    this.#list(pass);
    for (let block = pass.firstBlock; block < pass.endBlock; block++) this.#addBlock(pass, block);
    // Of a layer with one group, the places of several blocks make up a piece.
    this.#addPiece(pass, 0);
    if (!pass.isLast) return undefined;
    return { gram: gram.slice(), cross: pass.isSame ? undefined : cross.slice() };
  }

  /** Lists the kept weights of layers whose parameters have changed. */
  #list({ run, versions }: BlockMomentsPass): void {
    for (const s of run) {
      if (this.#layers[s]!.mask === undefined || this.#listed[s] === versions[s]) continue;
      this.#runner.list(s, true);
      this.#listed[s] = versions[s];
    }
  }

  #addBlock(pass: BlockMomentsPass, block: number): void {
    const { run, uses } = pass;
    const first = block * BLOCK;
    const count = Math.min(BLOCK, pass.images - first);
    const { tensors } = this.#own;
    const steps = [...new Set([...run, ...uses])].sort((a, b) => a - b);
    if (steps.some((s) => this.#layers[s]!.reads.includes(0)))
      loadBlock(this.#kernels, this.#layout, tensors[0]!, first, count);
    for (const s of steps) {
      if (uses.includes(s)) this.#addUse(pass, s, count);
      const reads = this.#layers[s]!.reads.map((tensor) => tensors[tensor]!);
      if (run.includes(s)) this.#runner.run(s, reads, tensors[s + 1]!);
    }
  }

  /** Adds the inputs of layer `s` of the unpruned network, and of that behind it, which is the same of the current network. */
  #addUse(pass: BlockMomentsPass, s: number, count: number): void {
    const shape = momentsShapeOf(this.#layers[s]!);
    const { positions } = momentsSizes(shape);
    for (let group = 0; group < shape.groups; group++) {
      for (let place = 0; place < positions;) {
        const end = Math.min(positions, place + PIECE_PLACES - this.#places);
        const places = { group, place, end, count };
        this.#layOut(pass.isSame ? s : s + 1, places, this.#at.x);
        if (!pass.isSame) this.#layOut(s, places, this.#at.y);
        this.#places += end - place;
        place = end;
        if (this.#places === PIECE_PLACES) this.#addPiece(pass, group);
      }
      if (shape.groups > 1) this.#addPiece(pass, group);
    }
  }

  /** Lays out the inputs of a group at some places of the window of layer `s`. */
  #layOut(s: number, { group, place, end, count }: Places, y: number): void {
    const layer = this.#layers[s]!;
    const tensor = this.#layout.tensors[layer.reads[0]!]!;
    const shape = momentsShapeOf(layer);
    const { columns, size } = momentsSizes(shape);
    const origin = layer.kind === 'dense' ? 0 : windowOrigin(tensor, shape.padding);
    const x = this.#own.tensors[layer.reads[0]!]! + origin + group * groupsOf(layer, tensor).groupBytes;
    this.#kernels.im2col(
      ...([
        x,
        tensor.partBytes,
        shape.stride[0] * tensor.rowBytes,
        shape.stride[1] * tensor.pixelBytes,
      ] as const),
      ...([columns, this.#layout.layers[s]!.table, size - 1, place, end, count] as const),
      ...([y + this.#places * PLACE_BYTES, PIECE_BYTES] as const),
    );
  }

  /** Adds the products of the samples in both regions to the sums of a group's rows. */
  #addPiece({ size, firstRow, endRow, isSame }: BlockMomentsPass, group: number): void {
    const bytes = this.#places * PLACE_BYTES;
    this.#places = 0;
    const first = Math.max(firstRow, group * size);
    const end = Math.min(endRow, (group + 1) * size);
    if (bytes === 0 || first >= end) return;
    const { x, y, gram, cross } = this.#at;
    const rows = [first - group * size, end - group * size, size] as const;
    const offset = (first - firstRow) * size * Float64Array.BYTES_PER_ELEMENT;
    this.#kernels.second_moments(x, x, PIECE_BYTES, bytes, ...rows, 1, gram + offset);
    if (!isSame) this.#kernels.second_moments(x, y, PIECE_BYTES, bytes, ...rows, 0, cross + offset);
  }
}
