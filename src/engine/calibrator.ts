/**
 * The calibrator that every backend shares: it checks parameters, finds out what must be computed, and keeps calls in order. It knows a device only as a
 * `MomentsRunner` (src/engine/backend.ts).
 */
import { MasksearchError } from '../core/error.ts';
import { badOption } from '../core/options.ts';
import { momentsSizes } from '../kernels/second-moments.ts';
import { checkModel } from '../network/check-model.ts';
import { fuse, type FusedLayer } from '../network/fuse.ts';
import { layerParameters, type LayerParameters } from '../network/layer-parameters.ts';
import type { Model, Tensors } from '../network/model.ts';
import { momentsShapeOf } from '../network/moments-shape.ts';
import { problemOf } from '../network/problem.ts';
import {
  MAX_MOMENT_INPUTS,
  type Calibrator,
  type Moments,
  type MomentsOptions,
  type MomentsPass,
  type MomentSums,
  type MomentsRunner,
} from './backend.ts';
import { checkAborted } from './check-aborted.ts';
import { MomentsMemo } from './moments-memo.ts';
import { haveSameParameters, layersBefore } from './plan/paired-layers.ts';

export class EngineCalibrator implements Calibrator {
  readonly #model: Model;
  readonly images: number;
  readonly #runner: MomentsRunner;
  readonly #layers: readonly FusedLayer[];
  readonly #unpruned: readonly LayerParameters[];
  readonly #memo: MomentsMemo;
  #lastCall: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(model: Model, images: number, runner: MomentsRunner) {
    this.#model = model;
    this.images = images;
    this.#runner = runner;
    this.#layers = fuse(model.network);
    this.#unpruned = layerParameters(model);
    this.#memo = new MomentsMemo(this.#layers, model.tensors);
  }

  moments(
    layer: number,
    current: Tensors,
    { images = this.images, signal }: MomentsOptions = {},
  ): Promise<Moments> {
    const call = this.#lastCall.then(() => this.#moments(layer, current, images, signal));
    this.#lastCall = call.catch(() => undefined);
    return call;
  }

  async #moments(layer: number, current: Tensors, images: number, signal?: AbortSignal): Promise<Moments> {
    if (this.#closed)
      throw new MasksearchError('closed', 'the calibrator was closed', 'make a new one from the engine');
    if (this.#runner.failure) throw this.#runner.failure;
    checkAborted(signal);
    this.#checkLayer(layer);
    if (!(Number.isInteger(images) && images >= 1 && images <= this.images))
      throw badOption('images', images, `a whole number from 1 to ${this.images}`, 'pass such a number');
    const known = this.#memo.get(layer, current, images);
    if (known) return known;
    const model = { ...this.#model, tensors: current };
    checkModel(model);
    const parameters = layerParameters(model);
    const uses = [...this.#layers.keys()].filter((s) => this.#layers[s]!.mask === layer);
    // Nodes may share weights and differ in their number of groups.
    const groupsOf = (s: number) => momentsShapeOf(this.#layers[s]!).groups;
    const found: Moments[] = [];
    for (const groups of new Set(uses.map(groupsOf))) {
      const members = uses.filter((s) => groupsOf(s) === groups);
      const pass = this.#passOf({ groups, uses: members, images }, parameters);
      const sums = await this.#runner.run(pass, parameters, signal);
      checkAborted(signal);
      const samples = images * this.#positionsOf(members);
      found.push({ groups, size: pass.size, samples, ...completed(pass, sums) });
    }
    const moments = found.length === 1 ? found[0]! : total(found);
    this.#memo.set(layer, current, images, moments);
    return moments;
  }

  #passOf(
    { groups, uses, images }: Pick<MomentsPass, 'groups' | 'uses' | 'images'>,
    parameters: readonly LayerParameters[],
  ): MomentsPass {
    const { size } = momentsSizes(momentsShapeOf(this.#layers[uses[0]!]!));
    const before = layersBefore(this.#layers, uses);
    const isSame = haveSameParameters(before, this.#unpruned, parameters);
    const run = before.flatMap((s) => (isSame ? [2 * s] : [2 * s, 2 * s + 1]));
    return { groups, size, uses: uses.map((s) => 2 * s), run, isSame, images };
  }

  #positionsOf(uses: readonly number[]): number {
    const positions = uses.map((s) => momentsSizes(momentsShapeOf(this.#layers[s]!)).positions);
    return positions.reduce((sum, one) => sum + one);
  }

  /** Throws unless the network has such a layer, and its inputs are few enough. */
  #checkLayer(layer: number): void {
    const prunable = problemOf(this.#model.network).layers;
    const found = prunable[layer];
    if (!found)
      throw badOption(
        'layer',
        layer,
        `a whole number from 0 to ${prunable.length - 1}`,
        'pass such a number',
      );
    const use = this.#layers.find(({ mask }) => mask === layer)!;
    const inputs = momentsSizes(momentsShapeOf(use)).size - 1;
    if (inputs > MAX_MOMENT_INPUTS)
      throw new MasksearchError(
        'limit-exceeded',
        `an output of layer ${found.name} has ${inputs} inputs, the second moments of at most ${MAX_MOMENT_INPUTS} are computed`,
        'leave this layer as it is',
      );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#lastCall;
    await this.#runner.close();
  }
}

/** Both matrices whole. */
function completed({ groups, size }: MomentsPass, { gram, cross }: MomentSums) {
  for (let group = 0; group < groups; group++) {
    const matrix = gram.subarray(group * size * size, (group + 1) * size * size);
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) matrix[i * size + j] = matrix[j * size + i]!;
  }
  return { gram, cross: cross ?? gram.slice() };
}

/** The sum of moments with different numbers of groups: by as many groups as make every number a divisor. */
function total(all: readonly Moments[]): Moments {
  const { size } = all[0]!;
  const groups = all.map((one) => one.groups).reduce(commonMultiple);
  const sum = (pick: (one: Moments) => Float64Array) => {
    const sums = new Float64Array(groups * size * size);
    for (const one of all) {
      const matrices = pick(one);
      for (let group = 0; group < groups; group++) {
        const from = Math.floor((group * one.groups) / groups) * size * size;
        for (let i = 0; i < size * size; i++) sums[group * size * size + i]! += matrices[from + i]!;
      }
    }
    return sums;
  };
  const samples = all.reduce((count, one) => count + one.samples, 0);
  return { groups, size, samples, gram: sum(({ gram }) => gram), cross: sum(({ cross }) => cross) };
}

function commonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}
