/** Sums second moments in float64 on one thread, chunk by chunk of images. */
import { fullMask } from '../../core/mask.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { secondMoments } from '../../kernels/reference/second-moments.ts';
import { quadsOf } from '../../kernels/spec.ts';
import type { FusedLayer } from '../../network/fused-layer.ts';
import { fuse } from '../../network/fuse.ts';
import { layerParameters, type LayerParameters } from '../../network/layer-parameters.ts';
import { lastReaders } from '../../network/liveness.ts';
import type { Model } from '../../network/model.ts';
import { momentsShapeOf } from '../../network/moments-shape.ts';
import type { MomentsPass, MomentSums, MomentsRunner } from '../backend.ts';
import { checkAborted } from '../check-aborted.ts';
import { imagesInnermost } from '../images.ts';
import { chunksOf, type Chunk } from '../plan/chunks.ts';
import { pairedLayers } from '../plan/paired-layers.ts';
import { runLayer, type Activations } from './forward.ts';

/** Images whose activations are held at once. */
const CHUNK_IMAGES = 32;

export class ReferenceMomentsRunner implements MomentsRunner {
  readonly #model: Model;
  readonly #images: ImageSet;
  readonly #layers: readonly FusedLayer[];
  readonly #readers: readonly (number | undefined)[];
  readonly #unpruned: readonly LayerParameters[];

  constructor(model: Model, images: ImageSet) {
    this.#model = model;
    this.#images = images;
    this.#layers = pairedLayers(fuse(model.network));
    this.#readers = lastReaders(this.#layers);
    this.#unpruned = layerParameters(model);
  }

  async run(
    pass: MomentsPass,
    current: readonly LayerParameters[],
    signal: AbortSignal | undefined,
  ): Promise<MomentSums> {
    const { groups, size, isSame } = pass;
    const gram = new Float64Array(groups * size * size);
    const cross = isSame ? undefined : new Float64Array(gram.length);
    for (const chunk of chunksOf(pass.images, CHUNK_IMAGES)) {
      // So that timers run and an abort is seen.
      await new Promise((resolve) => setTimeout(resolve));
      checkAborted(signal);
      this.#add(pass, current, chunk, { gram, cross });
    }
    return { gram, cross };
  }

  /** Runs the layers over a chunk of images and adds the moments of its inputs. */
  #add(
    { uses, run }: MomentsPass,
    current: readonly LayerParameters[],
    { first, count }: Chunk,
    { gram, cross }: MomentSums,
  ): void {
    const tensors: Activations = new Map([
      [0, new Float64Array(imagesInnermost(this.#model, this.#images, first, count))],
    ]);
    const toRun = new Set(run);
    this.#layers.forEach((layer, s) => {
      const inputs = layer.reads.map((tensor) => tensors.get(tensor)!);
      if (uses.includes(s)) {
        const unpruned = inputs[0]!;
        const x = cross ? tensors.get(this.#layers[s + 1]!.reads[0]!)! : unpruned;
        const shape = momentsShapeOf(layer);
        secondMoments(shape, count, x, x, gram);
        if (cross) secondMoments(shape, count, x, unpruned, cross);
      }
      if (toRun.has(s)) {
        const parameters = (s % 2 === 0 ? this.#unpruned : current)[Math.floor(s / 2)]!;
        const mask = fullMask(layer.mask === undefined ? 0 : layer.weights);
        tensors.set(s + 1, runLayer(layer, quadsOf(count), inputs, parameters, mask));
      }
      for (const tensor of layer.reads) if (this.#readers[tensor] === s) tensors.delete(tensor);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
