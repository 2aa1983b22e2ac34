/** Candidates that carry tensors, and the models that they stand for. */
import { fuse } from '../../../src/network/fuse.ts';
import type { Model } from '../../../src/network/model.ts';
import type { Network } from '../../../src/network/network.ts';
import type { Candidate, LayerTensors } from '../../../src/search/contract.ts';
import { fullMasks, randomMasks } from './models.ts';
import { generator } from './numbers.ts';

/** The model with the tensors of a candidate. */
export function withTensors(model: Model, tensors: Candidate['tensors']): Model {
  const changed = (tensors ?? []).flatMap((ofLayer) => [...(ofLayer ?? [])]);
  return { ...model, tensors: new Map([...model.tensors, ...changed]) };
}

export interface LayerTensorNames {
  readonly weight: string;
  /** Where the bias is: the layer's own or the shift of a normalisation. */
  readonly bias: string | undefined;
  /** Scale, mean and variance of normalisations. */
  readonly others: readonly string[];
}

/** Names of the tensors of each prunable layer, of the first of those that share a weight. */
export function tensorNames(network: Network): readonly LayerTensorNames[] {
  const names: LayerTensorNames[] = [];
  for (const { mask, source } of fuse(network)) {
    if (mask !== names.length) continue;
    const norms = source.affine.filter((node) => node.kind === 'batchNorm');
    names.push({
      weight: source.weight!,
      bias: source.bias ?? source.affine.at(-1)?.shift,
      others: norms.flatMap(({ scale, mean, variance }) => [scale!, mean, variance]),
    });
  }
  return names;
}

type Change = 'mask' | 'row' | 'row alone' | 'bias' | 'others' | 'model';
const CHANGES: readonly Change[] = ['mask', 'row', 'row alone', 'bias', 'others', 'model', 'row'];

/**
 * Batches like those of a search that changes masks and tensors of one layer at a time: each candidate differs from a state in one
 * layer, states follow one another and come back. What candidates share are the same objects.
 */
export function tensorBatches(model: Model, count: number, seed: string): readonly Candidate[][] {
  const random = generator(seed);
  const names = tensorNames(model.network);
  const start: Candidate = {
    masks: randomMasks(model.network, 0.9, seed),
    tensors: names.map(() => undefined),
  };
  const states = [{ masks: fullMasks(model.network) }, start];
  const batches: Candidate[][] = [];
  let state = start;
  for (let round = 0; round < count; round++) {
    const layer = random.below(names.length);
    const batch = Array.from({ length: 1 + random.below(3) }, (_, i) => {
      const change = CHANGES[random.below(CHANGES.length)]!;
      return changedCandidate(model, state, layer, change, `${seed} ${round} ${i}`);
    });
    // A candidate that is known already, and one that shares little with the others.
    if (random.below(3) === 0) batch.push(batch[0]!);
    if (random.below(3) === 0) batch.push(states[random.below(states.length)]!);
    batches.push(batch);
    if (random.below(2) === 0) states.push((state = batch[0]!));
    else if (random.below(3) === 0) state = states[random.below(states.length)]!;
  }
  return batches;
}

function changedCandidate(
  model: Model,
  state: Candidate,
  layer: number,
  change: Change,
  seed: string,
): Candidate {
  const random = generator(seed);
  const names = tensorNames(model.network);
  const { masks, tensors = names.map(() => undefined) } = state;
  if (change === 'mask')
    return { ...state, masks: masks.with(layer, randomMasks(model.network, 0.7, seed)[layer]!) };
  const { weight, bias, others: norms } = names[layer]!;
  const before: LayerTensors = tensors[layer] ?? new Map();
  const values = (name: string) => before.get(name) ?? model.tensors.get(name)!;
  const after = new Map(before);
  const rows = bias === undefined ? 1 : values(bias).length;
  const row = random.below(rows);
  if (change === 'row' || change === 'row alone') {
    const size = values(weight).length / rows;
    const added = random.floats(size, 0.4);
    const inRow = (i: number) => Math.floor(i / size) === row;
    after.set(
      weight,
      values(weight).map((value, i) => (inRow(i) ? value + added[i % size]! : value)),
    );
  }
  const changesBias = change === 'row' || change === 'bias' || norms.length === 0;
  if (changesBias && change !== 'row alone' && bias !== undefined)
    after.set(bias, values(bias).with(row, values(bias)[row]! + random.floats(1, 0.5)[0]!));
  if (change === 'others')
    for (const name of norms) {
      const factor = 1 + random.floats(1, 0.3)[0]!;
      after.set(name, values(name).with(0, values(name)[0]! * factor));
    }
  // A tensor that layers share is given for one of them.
  const others = tensors.map((ofLayer) => {
    const shared = [...(ofLayer?.keys() ?? [])].some((name) => after.has(name));
    return shared ? new Map([...ofLayer!].filter(([name]) => !after.has(name))) : ofLayer;
  });
  return { masks, tensors: others.with(layer, change === 'model' ? undefined : after) };
}
