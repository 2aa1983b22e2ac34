/** A comparison of LeNet-5's size, as the article's schedule might leave it. */
import type {
  ComparedRow,
  PaperComparison,
  PaperPoint,
  PaperRun,
} from '../../../../src/report/comparison/comparison.ts';
import { tradeOffScore, type Method } from '../../../../src/report/run/result.ts';
import { BASELINE_NAMES, type PaperBaselineName } from '../../../../src/report/text/words.ts';
import type { Score } from '../../../../src/search/contract.ts';
import { result } from '../run/fake-result.ts';

const unpruned = { tuning: { loss: 0.0895, accuracy: 0.9723 }, test: { loss: 0.1013, accuracy: 0.974 } };
const caps = [0.125, 0.375, 0.75, 0.875, 1];
const layers = result.layers.map(({ name, position, shape, weights }) => ({
  name,
  position,
  shape,
  weights,
}));

const names = layers.map(({ name }) => name).join(',');

interface Outcome {
  readonly perLayer: readonly number[];
  readonly accuracy: number;
  /** Share of its cap at which each layer ends. */
  readonly used: number;
  readonly steps: number;
  readonly seconds: number;
}

const outcomes: Readonly<Record<Method, Outcome>> = {
  sa: { perLayer: [0.66, 0.59, 0.54, 0.18, 0.2218], accuracy: 0.8744, used: 0.985, steps: 16, seconds: 83.4 },
  ga: { perLayer: [0.42, 0.47, 0.57, 0.31, 0.29], accuracy: 0.8902, used: 0.96, steps: 20, seconds: 197.6 },
};

/** What `seed` adds to the figures of seed 1. */
const shift = (seed: number) => 0.004 * Math.sin(7 * (seed - 1));

function fakeRun(method: Method, seed: number, heldOut: boolean): PaperRun {
  const { perLayer: base, accuracy: baseAccuracy, used, steps, seconds } = outcomes[method];
  const perLayer = base.map((sparsity) => sparsity + shift(seed));
  const meanLayer = perLayer.reduce((sum, sparsity) => sum + sparsity, 0) / perLayer.length;
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const kept = layers.map((layer, i) => Math.round(layer.weights * (1 - perLayer[i]!)));
  const global = 1 - kept.reduce((sum, count) => sum + count, 0) / weights;
  const accuracy = baseAccuracy - shift(seed);
  const loss = used * caps.at(-1)!;
  const test = { loss: loss + 0.02, accuracy: accuracy - 0.0054 };
  return {
    method,
    splitSeed: '0',
    seed: `${seed}`,
    parameters:
      method === 'sa'
        ? {
            iterations: 200,
            initialTemperature: 1,
            mutationRate: 0.15,
            lossToWarmup: 1,
            maxLossPenalty: 1e8,
            layers: names,
          }
        : {
            generations: 20,
            populationSize: 12,
            eliteSize: 2,
            mutationRate: 0.15,
            lossToWarmup: 1,
            layers: names,
          },
    final: {
      loss,
      accuracy,
      cost: (unpruned.tuning.loss - loss) ** 2 + 1 / meanLayer,
      sparsity: { meanLayer, global, perLayer },
    },
    ...(heldOut ? { test } : {}),
    tradeOff: heldOut
      ? tradeOffScore(meanLayer, test.accuracy, unpruned.test.accuracy)
      : tradeOffScore(meanLayer, accuracy, unpruned.tuning.accuracy),
    zeros: weights - kept.reduce((sum, count) => sum + count, 0),
    kept,
    matched: BASELINE_NAMES.map((name) => fakePoint(name, global, heldOut)),
    history: fakeSteps(method, perLayer, accuracy, used, steps),
    work: { ...result.work, candidates: result.work.candidates + (method === 'sa' ? 7 * seed : 0) },
    seconds: seconds + seed,
    digest: `${method}${seed}`.padEnd(64, '9f86d081884c7d65'),
  };
}

/** From each cap to the next, as the layers are searched one after the other. */
function fakeSteps(
  method: Method,
  perLayer: readonly number[],
  accuracy: number,
  used: number,
  steps: number,
) {
  return layers.flatMap(({ position }, layer) =>
    Array.from({ length: steps }, (_, step): ComparedRow => {
      const done = 1 - (1 - (step + 1) / steps) ** 2;
      const before = perLayer.slice(0, layer).reduce((sum, sparsity) => sum + sparsity, 0);
      const sparsity = (before + done * perLayer[layer]!) / layers.length;
      const from = layer === 0 ? unpruned.tuning.loss : used * caps[layer - 1]!;
      const loss = from + done * (used * caps[layer]! - from);
      return {
        layer: position,
        ...(method === 'sa' ? { temperature: 1 / (1 + Math.log(1 + step)) } : { generation: step }),
        mutationRate: 0.15 * (1 - step / steps),
        cost: (unpruned.tuning.loss - loss) ** 2 + 1 / sparsity,
        accuracy: unpruned.tuning.accuracy - (unpruned.tuning.accuracy - accuracy) * (loss / used) ** 1.5,
        loss,
        sparsity,
      };
    }),
  );
}

/** Sparsity at which half of the accuracy above chance is lost, and how suddenly. */
const falls: Readonly<Record<PaperBaselineName, readonly [number, number]>> = {
  random: [0.48, 5],
  'magnitude-uniform': [0.81, 10],
  'magnitude-global': [0.86, 14],
  wanda: [0.84, 12],
};

/** Mean-layer over global sparsity. */
const shares: Readonly<Record<PaperBaselineName, number>> = {
  random: 1.02,
  'magnitude-uniform': 0.99,
  'magnitude-global': 0.65,
  wanda: 0.99,
};

/** The sparsity reached is never quite that asked for. */
const MISSED = 0.0004;

function fakePoint(baseline: PaperBaselineName, target: number, heldOut: boolean): PaperPoint {
  const [half, steepness] = falls[baseline];
  const left = 1 / (1 + (target / half) ** steepness);
  const score = ({ accuracy, loss }: Score) => ({
    accuracy: 0.1 + (accuracy! - 0.1) * left,
    loss: loss * left + 2.3 * (1 - left),
  });
  return {
    baseline,
    target,
    sparsity: { global: target - MISSED, meanLayer: shares[baseline] * target },
    tuning: score(unpruned.tuning),
    ...(heldOut ? { test: score(unpruned.test) } : {}),
  };
}

/** Both searches with the seeds 1 to `seeds`. */
export function fakePaper(seeds: number, heldOut = true): PaperComparison {
  const numbers = Array.from({ length: seeds }, (_, i) => i + 1);
  const targets = Array.from({ length: 18 }, (_, i) => (10 + 5 * i) / 100);
  return {
    preset: 'paper',
    seeds: numbers.map(String),
    device: result.device,
    split: heldOut ? 'search' : 'test',
    heldOut,
    layers,
    caps,
    splits: [
      {
        splitSeed: '0',
        model: 'the bundled model',
        images: { tuning: 2000, validation: 0, test: heldOut ? 8000 : 0 },
        unpruned: heldOut ? unpruned : { tuning: unpruned.tuning },
        curves: BASELINE_NAMES.flatMap((name) => targets.map((target) => fakePoint(name, target, heldOut))),
      },
    ],
    runs: (['sa', 'ga'] as const).flatMap((method) => numbers.map((seed) => fakeRun(method, seed, heldOut))),
    evaluationWork: { ...result.work, candidates: 96 },
    seconds: 900.5,
    version: '0.1.0',
  };
}

/** The comparison with its split changed. */
export function withSplit(
  comparison: PaperComparison,
  change: Partial<PaperComparison['splits'][0]>,
): PaperComparison {
  return { ...comparison, splits: [{ ...comparison.splits[0], ...change }] };
}
