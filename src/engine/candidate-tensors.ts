/**
 * Checks the tensors that candidates carry and folds them into the parameters of fused layers. Equal tensors, by identity, give the
 * same arrays again, by which the rest of the engine recognises them.
 */
import { MasksearchError } from '../core/error.ts';
import { checkFolded, checkParameter, checkVariance } from '../network/check-model.ts';
import type { FusedLayer } from '../network/fused-layer.ts';
import {
  foldedBias,
  foldedWeight,
  sourcesOf,
  type ChangedParameters,
  type Sources,
} from '../network/layer-parameters.ts';
import type { Model } from '../network/model.ts';
import { parameterShapes } from '../network/parameter-shapes.ts';
import { shown } from '../network/shapes.ts';
import type { Candidate } from '../search/contract.ts';
import { ArrayMemo } from './array-memo.ts';
import type { ChangedLayers } from './plan/network-state.ts';

export class CandidateTensors {
  readonly #tensors: Model['tensors'];
  readonly #layers: readonly FusedLayer[];
  readonly #shapes: ReturnType<typeof parameterShapes>;
  readonly #sources: readonly Sources[];
  /** The fused layers that read each tensor. */
  readonly #readers = new Map<string, Set<number>>();
  /** For each mask, its layer's name and the tensors that a candidate may change there. */
  readonly #prunable: { readonly name: string; readonly tensors: Set<string> }[] = [];
  /** Arrays whose values have been checked. */
  readonly #checked = new WeakSet<Float32Array>();
  /** By fused layer. */
  readonly #weights = new Map<number, ArrayMemo>();
  readonly #biases = new Map<number, ArrayMemo>();

  constructor({ network, tensors }: Pick<Model, 'network' | 'tensors'>, layers: readonly FusedLayer[]) {
    this.#tensors = tensors;
    this.#layers = layers;
    this.#shapes = parameterShapes(network);
    this.#sources = layers.map(sourcesOf);
    layers.forEach(({ name, mask }, s) => {
      const { weight, bias } = this.#sources[s]!;
      if (mask !== undefined) this.#prunable[mask] ??= { name, tensors: new Set() };
      for (const tensor of [...weight, ...bias]) {
        const readers = this.#readers.get(tensor) ?? new Set();
        this.#readers.set(tensor, readers.add(s));
        if (mask !== undefined) this.#prunable[mask]!.tensors.add(tensor);
      }
    });
  }

  /**
   * The parameters that a candidate changes, by fused layer; undefined if it changes none. Throws 'bad-input' unless each tensor is one
   * of its layer, as long as in the model, and all values are finite and small enough, also when they are folded.
   */
  parametersOf(tensors: Candidate['tensors']): ChangedLayers | undefined {
    if (!tensors) return undefined;
    const changed = this.#changedOf(tensors);
    if (changed.size === 0) return undefined;
    const parameters: (ChangedParameters | undefined)[] = this.#layers.map(() => undefined);
    for (const name of changed.keys()) {
      for (const s of this.#readers.get(name)!) parameters[s] ??= this.#fold(s, changed);
    }
    return parameters;
  }

  /** The tensors of all layers that are not the model's arrays, by name. */
  #changedOf(tensors: NonNullable<Candidate['tensors']>): ReadonlyMap<string, Float32Array> {
    const layers = this.#prunable.length;
    if (tensors.length !== layers)
      throw refused(
        `got tensors for ${tensors.length} layers, the network has ${layers} prunable layers`,
        'pass one entry per prunable layer, undefined where nothing changes',
      );
    const given = new Map<string, Float32Array>();
    tensors.forEach((ofLayer, i) => {
      for (const [name, values] of ofLayer ?? []) {
        this.#check(i, name, values);
        if ((given.get(name) ?? values) !== values)
          throw refused(
            `${shown(name)} is given twice, with different arrays`,
            'pass one array for a tensor that layers share',
          );
        given.set(name, values);
      }
    });
    for (const [name, values] of given) if (values === this.#tensors.get(name)) given.delete(name);
    return given;
  }

  #check(layer: number, name: string, values: Float32Array): void {
    const { name: ofLayer, tensors } = this.#prunable[layer]!;
    if (!tensors.has(name))
      throw refused(
        `${shown(name)} is no tensor of layer ${shown(ofLayer)}`,
        `use one of its own, such as ${[...tensors].slice(0, 6).map(shown).join(', ')}`,
      );
    const shape = this.#shapes.get(name)!;
    const isKnown = this.#checked.has(values) && values.length === this.#tensors.get(name)!.length;
    if (!isKnown) checkParameter(name, values, shape);
    this.#checked.add(values);
  }

  #fold(s: number, changed: ReadonlyMap<string, Float32Array>): ChangedParameters {
    const layer = this.#layers[s]!;
    const { weight, bias } = this.#sources[s]!;
    const tensors = { get: (name: string) => changed.get(name) ?? this.#tensors.get(name) };
    const folded = (memos: Map<number, ArrayMemo>, names: readonly string[], fold: typeof foldedWeight) => {
      const first = names.find((name) => changed.has(name));
      if (first === undefined) return undefined;
      if (layer.source.affine.length === 0) return changed.get(first)!;
      const memo = memos.get(s) ?? new ArrayMemo();
      memos.set(s, memo);
      const make = () => {
        for (const node of layer.source.affine) {
          if (node.kind === 'batchNorm') checkVariance(node.name, tensors.get(node.variance)!, node.epsilon);
        }
        const values = fold(layer, tensors);
        checkFolded(values);
        return values;
      };
      return memo.get(
        names.map((name) => tensors.get(name)!),
        make,
      );
    };
    return {
      weight: folded(this.#weights, weight, foldedWeight),
      bias: folded(this.#biases, bias, foldedBias),
    };
  }
}

const refused = (message: string, fix: string) => new MasksearchError('bad-input', message, fix);
