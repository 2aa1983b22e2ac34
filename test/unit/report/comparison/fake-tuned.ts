/** A tuned comparison of LeNet-5's size whose figures can be checked by hand. */
import type {
  ComparedScore,
  NetworkSparsity,
  TunedComparison,
  TunedRun,
  TunedSplit,
} from '../../../../src/report/comparison/comparison.ts';
import { tradeOffScore } from '../../../../src/report/run/result.ts';
import { TUNED_BASELINE_NAMES, type BaselineName } from '../../../../src/report/text/words.ts';
import { result } from '../run/fake-result.ts';

/** Of a network whose layers are all equally sparse. */
const uniform = (global: number): NetworkSparsity => ({ global, meanLayer: global });

const score = (accuracy: number): ComparedScore => ({ accuracy, loss: 2.3 * (1 - accuracy) });

/** Accuracy that each baseline is behind the search at the same number of zeros, in hundredths. */
export const BEHIND: Readonly<Record<BaselineName, number>> = {
  random: 60,
  'magnitude-uniform': 4,
  'magnitude-global': 2,
  wanda: -1,
  obs: 3,
  'random-search': 55,
  'random-search-magnitude': 1.5,
  'random-repaired': 50,
  'magnitude-repaired': -2,
  'wanda-repaired': 0.5,
  'obs-repaired': -2.5,
  'magnitude-rounds': -4,
  'wanda-rounds': -3,
  'obs-rounds': -5,
};

/** Of the unpruned networks on the test images, by split. */
const unpruned = [0.97, 0.96, 0.95];

/** By split, then by seed. */
const accuracies = [
  [0.96, 0.955],
  [0.955, 0.95],
  [0.94, 0.93],
];
const sparsities = [
  [0.8, 0.82],
  [0.84, 0.86],
  [0.88, 0.9],
];

/** Each baseline with a curve loses nothing up to here, and then a point for each point of sparsity. */
const KNEES: Readonly<Partial<Record<BaselineName, number>>> = {
  random: 0.1,
  'magnitude-uniform': 0.5,
  'magnitude-global': 0.7,
  wanda: 0.6,
  obs: 0.65,
  'random-repaired': 0.3,
  'magnitude-repaired': 0.82,
  'wanda-repaired': 0.8,
  'obs-repaired': 0.84,
  'magnitude-rounds': 0.88,
  'wanda-rounds': 0.86,
  'obs-rounds': 0.9,
};
export const CURVES = TUNED_BASELINE_NAMES.filter((name) => KNEES[name] !== undefined);

function fakeSplit(index: number): TunedSplit {
  const targets = Array.from({ length: 18 }, (_, i) => (10 + 5 * i) / 100);
  return {
    splitSeed: `${index + 1}`,
    model: `the bundled model of split ${index + 1}`,
    images: { tuning: 1600, validation: 400, test: 2000, calibration: 3000 },
    unpruned: { tuning: score(0.975), validation: score(0.96), test: score(unpruned[index]!) },
    curves: CURVES.flatMap((baseline) =>
      targets.map((target) => ({
        baseline,
        target,
        sparsity: uniform(target),
        test: score(unpruned[index]! - Math.max(0, target - KNEES[baseline]!)),
      })),
    ),
  };
}

function fakeRun(split: number, seed: number): TunedRun {
  const accuracy = accuracies[split]![seed]!;
  const global = sparsities[split]![seed]!;
  const weights = result.layers.reduce((sum, layer) => sum + layer.weights, 0);
  return {
    method: 'sa',
    splitSeed: `${split + 1}`,
    seed: `${seed + 1}`,
    parameters: {
      maxAccuracyDrop: 1,
      evaluations: 1000,
      importance: 'magnitude',
      layers: result.layers.map(({ name }) => name).join(','),
    },
    final: {
      ...score(accuracy),
      cost: 1 / global,
      sparsity: { ...uniform(global), perLayer: [0.1, 0.2, 0.9, 0.9, 0.5] },
    },
    zeros: Math.round(global * weights),
    kept: result.layers.map(({ weights: ofLayer }) => Math.round(ofLayer * (1 - global))),
    validation: score(0.95),
    test: score(accuracy),
    tradeOff: tradeOffScore(global, accuracy, unpruned[split]!),
    // A little more behind with every seed, so that seeds have a deviation too.
    matched: TUNED_BASELINE_NAMES.map((baseline) => ({
      baseline,
      target: global,
      sparsity: uniform(global),
      test: score(accuracy - (BEHIND[baseline] + split + seed) / 100),
    })),
    front: [0.3, 0.6, 0.85].map((sparsity) => ({
      sparsity: uniform(sparsity),
      test: score(0.96 - sparsity / 20),
    })),
    validationPoints: [
      { evaluations: 100, sparsity: 0.5, tuning: score(0.97), validation: score(0.96) },
      { evaluations: 200 + 100 * seed, sparsity: 0.715, tuning: score(0.96), validation: score(0.95) },
      { evaluations: 900, sparsity: 0.76, tuning: score(0.95), validation: score(split === 2 ? 0.9 : 0.91) },
    ],
    work: { ...result.work, candidates: 1000 },
    seconds: 12.5,
    digest: `${split}${seed}`.padEnd(64, '9f86d081884c7d65'),
  };
}

/** The first `splits` of 3 splits, each with the seeds 1 to `seeds`, of which there are 2. */
export function fakeTuned(splits: number, seeds: number): TunedComparison {
  const indices = (count: number) => Array.from({ length: count }, (_, i) => i);
  return {
    preset: 'tuned',
    device: result.device,
    split: 'search',
    heldOut: true,
    layers: result.layers.map(({ name, position, shape, weights }) => ({ name, position, shape, weights })),
    seeds: indices(seeds).map((seed) => `${seed + 1}`),
    splits: indices(splits).map(fakeSplit),
    runs: indices(splits).flatMap((split) => indices(seeds).map((seed) => fakeRun(split, seed))),
    evaluationWork: { ...result.work, candidates: 297 },
    seconds: 90.5,
    version: '0.1.0',
  };
}
