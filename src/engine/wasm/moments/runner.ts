/**
 * Sums second moments in workers. The blocks of images are divided into slots, whose number does not depend on that of the workers. A slot is summed by
 * one worker, and the sums of the slots are added in their order: the same bits for any number of threads.
 */
import type { MasksearchError } from '../../../core/error.ts';
import type { ImageSet } from '../../../data/dataset.ts';
import type { FusedLayer } from '../../../network/fused-layer.ts';
import { layerParameters, type LayerParameters } from '../../../network/layer-parameters.ts';
import type { Model } from '../../../network/model.ts';
import type { MomentsPass, MomentSums, MomentsRunner } from '../../backend.ts';
import { checkAborted } from '../../check-aborted.ts';
import { BLOCK } from '../layout.ts';
import { placeTables } from '../place-tables.ts';
import type { Workspace } from '../threads/workspace.ts';
import { writeImages, writeParameters, writeWords } from '../upload.ts';
import type { BlockMomentsPass } from './block-moments.ts';
import type { MomentsSizes } from './regions.ts';

/** The most workers that have work at the same time. */
export const MAX_SLOTS = 16;
/** Blocks between two looks at the signal; as many as make up a piece of one place each. */
const STEP_BLOCKS = 8;

export class WasmMomentsRunner implements MomentsRunner {
  readonly #workspace: Workspace;
  readonly #layers: readonly FusedLayer[];
  readonly #sizes: MomentsSizes | undefined;
  /** For each layer, how often its parameters were written. */
  readonly #versions: number[];

  /** @param layers `pairedLayers` */
  constructor(
    workspace: Workspace,
    model: Model,
    images: ImageSet,
    layers: readonly FusedLayer[],
    sizes: MomentsSizes | undefined,
  ) {
    this.#workspace = workspace;
    this.#layers = layers;
    this.#sizes = sizes;
    this.#versions = layers.map(() => 0);
    writeImages(workspace, model, images);
    const { order } = workspace.layout;
    writeWords(
      workspace,
      order,
      Uint32Array.from({ length: images.count }, (_, image) => image),
    );
    layerParameters(model).forEach((parameters, s) => this.#write(2 * s, parameters));
    placeTables(layers, workspace.layout, (address, words) => writeWords(workspace, address, words));
  }

  get failure(): MasksearchError | undefined {
    return this.#workspace.failure;
  }

  async run(
    pass: MomentsPass,
    current: readonly LayerParameters[],
    signal: AbortSignal | undefined,
  ): Promise<MomentSums> {
    const { run, groups, size, isSame } = pass;
    for (const s of run) if (s % 2 === 1) this.#write(s, current[Math.floor(s / 2)]!);
    const gram = new Float64Array(groups * size * size);
    const cross = isSame ? undefined : new Float64Array(gram.length);
    const rows = Math.floor(this.#sizes!.elements / size);
    for (let firstRow = 0; firstRow < groups * size; firstRow += rows) {
      const endRow = Math.min(firstRow + rows, groups * size);
      await this.#sumRows({ ...pass, firstRow, endRow }, signal, (sums) => {
        addTo(gram, firstRow * size, sums.gram);
        if (cross) addTo(cross, firstRow * size, sums.cross!);
      });
    }
    return { gram, cross };
  }

  /** Calls `add` with the sums of one slot after the other. */
  async #sumRows(
    pass: MomentsPass & Pick<BlockMomentsPass, 'firstRow' | 'endRow'>,
    signal: AbortSignal | undefined,
    add: (sums: MomentSums) => void,
  ): Promise<void> {
    const blocks = Math.ceil(pass.images / BLOCK);
    const slots = Math.min(MAX_SLOTS, blocks);
    const firstOf = (slot: number) => Math.floor((slot * blocks) / slots);
    /** Sums of slots before which another is not summed yet. */
    const waiting = new Map<number, MomentSums>();
    let [next, added] = [0, 0];
    const work = async (worker: number) => {
      while (next < slots && !signal?.aborted) {
        const slot = next++;
        const sums = await this.#sumSlot(worker, pass, [firstOf(slot), firstOf(slot + 1)], signal);
        if (!sums) return;
        waiting.set(slot, sums);
        for (let ready = waiting.get(added); ready; ready = waiting.get(added)) {
          add(ready);
          waiting.delete(added++);
        }
      }
    };
    const workers = Array.from({ length: this.#workspace.threads }, (_, worker) => work(worker));
    // All of them: after an abort, none may still be at work.
    const outcomes = await Promise.allSettled(workers);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    checkAborted(signal);
  }

  /** The sums of some blocks; undefined after an abort. */
  async #sumSlot(
    worker: number,
    pass: MomentsPass & Pick<BlockMomentsPass, 'firstRow' | 'endRow'>,
    [first, end]: readonly [number, number],
    signal: AbortSignal | undefined,
  ): Promise<MomentSums | undefined> {
    for (let firstBlock = first; firstBlock < end; firstBlock += STEP_BLOCKS) {
      if (signal?.aborted) return undefined;
      const endBlock = Math.min(firstBlock + STEP_BLOCKS, end);
      const place = { firstBlock, endBlock, isFirst: firstBlock === first, isLast: endBlock === end };
      const sums = await this.#workspace.sumMoments(worker, { ...pass, ...place, versions: this.#versions });
      if (sums) return sums;
    }
    throw new Error('a slot without blocks');
  }

  /** Writes the parameters of a layer; weights that are 0 count as pruned. */
  #write(s: number, parameters: LayerParameters): void {
    const { mask } = this.#layers[s]!;
    writeParameters(this.#workspace, s, parameters);
    this.#versions[s]!++;
    if (mask === undefined) return;
    const bits = new Uint32Array(Math.ceil(parameters.weight.length / 32));
    parameters.weight.forEach((weight, i) => {
      if (weight !== 0) bits[i >>> 5]! |= 1 << (i & 31);
    });
    writeWords(this.#workspace, this.#workspace.layout.masks[mask]!, bits);
  }

  async close(): Promise<void> {
    this.#workspace.close();
    return Promise.resolve();
  }
}

/** Adds to the elements of `total` from `first` on. A plain loop, since there are millions. */
function addTo(total: Float64Array, first: number, sums: Float64Array): void {
  for (let i = 0; i < sums.length; i++) total[first + i]! += sums[i]!;
}
