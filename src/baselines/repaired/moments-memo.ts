/**
 * A calibrator that knows the moments of the unpruned network and those asked for last. A repair computes, layer after layer, what the next ranking needs: the inputs of a
 * layer depend on the layers before it alone.
 */
import type { Calibrator, Moments } from '../../engine/backend.ts';
import { layersBefore } from '../../engine/plan/paired-layers.ts';
import { fuse } from '../../network/fuse.ts';
import type { LayerSource } from '../../network/fused-layer.ts';
import type { Model, Tensors } from '../../network/model.ts';

/** Larger matrices of a layer are computed anew. */
const MAX_BYTES = 2 ** 26;

interface Entry {
  /** Arrays of the parameters that the inputs depend on. */
  readonly parameters: readonly (Float32Array | undefined)[];
  readonly moments: Promise<Moments>;
}

export class MomentsMemo implements Calibrator {
  readonly #calibrator: Calibrator;
  readonly #tensors: Tensors;
  /** For each layer, names of the parameters that its inputs depend on. */
  readonly #names: readonly (readonly string[])[];
  readonly #unpruned = new Map<number, Entry>();
  readonly #last = new Map<number, Entry>();

  /** @param calibrator of `model`, which is closed with this one */
  constructor(calibrator: Calibrator, { network, tensors }: Model) {
    this.#calibrator = calibrator;
    this.#tensors = tensors;
    const layers = fuse(network);
    const names: string[][] = [];
    layers.forEach(({ mask }) => {
      if (mask !== names.length) return;
      const uses = [...layers.keys()].filter((s) => layers[s]!.mask === mask);
      const before = layersBefore(layers, uses).map((s) => layers[s]!.source);
      names.push(before.flatMap(namesIn));
    });
    this.#names = names;
  }

  moments(
    layer: number,
    current: Tensors,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Moments> {
    const names = this.#names[layer] ?? [];
    const parameters = names.map((name) => current.get(name));
    const known = [this.#unpruned.get(layer), this.#last.get(layer)].find((entry) =>
      entry?.parameters.every((values, i) => values === parameters[i]),
    );
    if (known) return known.moments;
    const isUnpruned = names.every((name) => current.get(name) === this.#tensors.get(name));
    const entries = isUnpruned ? this.#unpruned : this.#last;
    entries.delete(layer);
    const moments = this.#calibrator.moments(layer, current, options);
    entries.set(layer, { parameters, moments });
    moments.then(
      ({ gram }) => {
        if (2 * gram.byteLength > MAX_BYTES) entries.delete(layer);
      },
      () => entries.delete(layer),
    );
    return moments;
  }

  close(): Promise<void> {
    return this.#calibrator.close();
  }
}

function namesIn({ weight, bias, affine }: LayerSource): readonly string[] {
  const norms = affine.flatMap((node) => [
    node.scale,
    node.shift,
    ...(node.kind === 'batchNorm' ? [node.mean, node.variance] : []),
  ]);
  return [weight, bias, ...norms].filter((name) => name !== undefined);
}
