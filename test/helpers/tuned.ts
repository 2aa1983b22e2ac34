import seedrandom from 'seedrandom';
import * as assert from 'uvu/assert';
import type {
  Candidate,
  Evaluation,
  HistoryRow,
  Problem,
  Search,
  Solution,
} from '../../src/search/contract.ts';
import { maskToBytes, masksEqual, maskFromBytes, type Mask, type Masks } from '../../src/core/mask.ts';
import { evaluationOf, type LossFunction } from './synthetic-evaluator.ts';

/** A problem of layers of these shapes, outputs first, one after the other. */
export function problemOfShapes(shapes: readonly (readonly number[])[]): Problem {
  const layers = shapes.map((shape, position) => ({ name: `layer${position}`, shape, position }));
  return { layers, depth: shapes.length };
}

export interface LossFunctions {
  readonly tuning: LossFunction;
  readonly validation: LossFunction;
}

/**
 * A loss in which weights depend on each other: what a unit loses counts by its square, weights share a partner of which one
 * is enough, and layers that are both thin cost more than each alone.
 */
export function interactingLoss({ layers }: Problem, base: number, height: number, name = ''): LossFunction {
  const random = seedrandom.alea(`interacting loss ${name}`);
  const units = layers.map(({ shape }) => shape[0]!);
  const values = layers.map(({ shape }) =>
    Float64Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      () => random.double() ** 3,
    ),
  );
  return (kept) => {
    let [loss, thin] = [base, 1];
    values.forEach((ofLayer, layer) => {
      const bits = kept[layer]!;
      const perUnit = ofLayer.length / units[layer]!;
      let lostOfLayer = 0;
      for (let unit = 0; unit < units[layer]!; unit++) {
        let [lost, total] = [0, 0];
        for (let i = unit * perUnit; i < (unit + 1) * perUnit; i++) {
          const partner = i ^ 1;
          const value = ofLayer[i]!;
          total += value;
          if (bits[i] === 0) lost += bits[partner] === 1 ? value / 4 : value;
        }
        lostOfLayer += (lost / total) ** 2 / units[layer]!;
      }
      loss += height * lostOfLayer;
      thin *= lostOfLayer;
    });
    loss += 10 * height * thin;
    return { loss, accuracy: 1 / (1 + loss) };
  };
}

/** The evaluations of a batch, each on the images it asks for. */
export function evaluationsOn(lossFunctions: LossFunctions, candidates: readonly Candidate[]): Evaluation[] {
  return candidates.map((candidate) => {
    const evaluate = candidate.on === 'validation' ? lossFunctions.validation : lossFunctions.tuning;
    return evaluationOf(candidate, evaluate(candidate.masks.map(maskToBytes)));
  });
}

export interface Round {
  readonly candidates: readonly Candidate[];
  readonly evaluations: readonly Evaluation[];
}

/** Runs a search to its end by a loop of its own, `limitOf` candidates at a time. */
export function driveOn(
  search: Search,
  lossFunctions: LossFunctions,
  limitOf: (round: number) => number = () => 1,
): { readonly history: readonly HistoryRow[]; readonly rounds: readonly Round[] } {
  const history: HistoryRow[] = [];
  const rounds: Round[] = [];
  while (!search.done) {
    const candidates = search.ask(limitOf(rounds.length));
    assert.ok(candidates.length >= 1);
    const evaluations = evaluationsOn(lossFunctions, candidates);
    rounds.push({ candidates, evaluations });
    history.push(...search.tell(evaluations));
  }
  return { history, rounds };
}

export function assertSameMasks(actual: Masks, expected: Masks, label = ''): void {
  assert.is(actual.length, expected.length, label);
  actual.forEach((mask, layer) => assert.ok(masksEqual(mask, expected[layer]!), `${label}: layer ${layer}`));
}

export function assertSameSolution(
  actual: Solution | undefined,
  expected: Solution | undefined,
  label = '',
): void {
  if (!actual || !expected) return assert.is(actual, expected, label);
  assertSameMasks(actual.masks, expected.masks, label);
  const numbers = ({ cost, loss, accuracy, sparsity }: Solution) => ({ cost, loss, accuracy, sparsity });
  assert.equal(numbers(actual), numbers(expected), label);
}

/** A mask of which about this share of the weights is kept. */
export function randomMask(length: number, share: number, random: () => number): Mask {
  return maskFromBytes(Array.from({ length }, () => (random() < share ? 1 : 0)));
}

export interface MaskChange {
  readonly dropped: readonly number[];
  readonly restored: readonly number[];
}

/** What going from one mask to another drops and restores. */
export function changeOf(before: Mask, after: Mask): MaskChange {
  assert.is(after.length, before.length);
  const [old, now] = [maskToBytes(before), maskToBytes(after)];
  const indices = [...old.keys()];
  return {
    dropped: indices.filter((i) => old[i] === 1 && now[i] === 0),
    restored: indices.filter((i) => old[i] === 0 && now[i] === 1),
  };
}
