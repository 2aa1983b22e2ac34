/** A result of LeNet-5's size, as a run of the article's schedule might leave it. */
import { tradeOffScore, type FrontPoint, type PruneResult } from '../../../../src/report/run/result.ts';
import type { HistoryRow } from '../../../../src/search/contract.ts';

export const result: PruneResult = {
  method: 'sa',
  preset: 'paper',
  seed: '1',
  completed: true,
  device: {
    kind: 'webgpu',
    vendor: 'google',
    architecture: 'swiftshader',
    description: 'SwiftShader Device',
  },
  parameters: { iterations: 200, initialTemperature: 1, mutationRate: 0.15, maxLossPenalty: 1e8 },
  model: 'the bundled model',
  modelDigest: 'c0ffee'.padEnd(64, '0'),
  images: 2000,
  split: 'search',
  heldOut: true,
  unpruned: { loss: 0.0895, accuracy: 0.9723 },
  final: {
    loss: 0.9923,
    accuracy: 0.8744,
    cost: 3.0964,
    sparsity: { meanLayer: 0.43836, global: 0.4832, perLayer: [0.66, 0.59, 0.54, 0.18, 0.2218] },
  },
  test: { unpruned: { loss: 0.1013, accuracy: 0.974 }, pruned: { loss: 1.0121, accuracy: 0.869 } },
  tradeOff: tradeOffScore(0.43836, 0.8744, 0.9723),
  layers: [
    { name: 'conv1', position: 0, shape: [6, 1, 5, 5], weights: 150, kept: 51 },
    { name: 'conv2', position: 2, shape: [16, 6, 5, 5], weights: 2400, kept: 984 },
    { name: 'fc1', position: 5, shape: [120, 400], weights: 48000, kept: 22080 },
    { name: 'fc2', position: 6, shape: [84, 120], weights: 10080, kept: 8266 },
    { name: 'out', position: 7, shape: [10, 84], weights: 840, kept: 654 },
  ],
  work: {
    candidates: 1412,
    forwardPasses: 1001,
    imagesEvaluated: 2_002_000,
    macs: 3.1e11,
    plainMacs: 8.38e11,
    skippedMacs: 5.2e10,
    rounds: 640,
    uploadedBytes: 10_912_345,
  },
  seconds: 83.4,
  digest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  version: '0.1.0',
};

/** `steps` accepted steps in each of the five layers. */
export function fakeHistory(steps: number): readonly HistoryRow[] {
  return result.layers.flatMap(({ position }, layer) =>
    Array.from({ length: steps }, (_, step): HistoryRow => {
      const done = (layer + (step + 1) / steps) / result.layers.length;
      return {
        layer: position,
        temperature: 1 / (step + 1),
        mutationRate: 0.15 * (1 - step / steps),
        cost: 1 / done,
        accuracy: 0.97 - 0.1 * done,
        loss: 0.09 + 0.9 * done ** 2,
        sparsity: 0.438 * done,
      };
    }),
  );
}

/** An object without some of its properties. */
export function without<T extends object, K extends keyof T & string>(object: T, ...names: K[]): Omit<T, K> {
  const kept = Object.entries(object).filter(([name]) => !(names as string[]).includes(name));
  return Object.fromEntries(kept) as Omit<T, K>;
}

const pointAt = (global: number, losses: readonly [number, number, number], final: boolean): FrontPoint => ({
  zeros: Math.round(global * 61_470),
  sparsity: { global, meanLayer: global / 2, perLayer: [global, 0, 0, 0, global] },
  tuning: { loss: losses[0], accuracy: 0.981 },
  validation: { loss: losses[1], accuracy: 0.972 },
  test: { loss: losses[2], accuracy: 0.963 },
  final,
});

/** A result as a run of preset tuned might leave it. */
export const tunedResult = {
  ...result,
  preset: 'tuned',
  parameters: { evaluations: 10_000, importance: 'magnitude', maxAccuracyDrop: 1 },
  images: 1600,
  validation: {
    images: 400,
    unpruned: { loss: 0.0911, accuracy: 0.9725 },
    pruned: { loss: 0.1122, accuracy: 0.965 },
  },
  front: [
    pointAt(0.4021, [0.0801, 0.0902, 0.1003], false),
    pointAt(0.4832, [0.0844, 0.1122, 0.1155], true),
    pointAt(0.6543, [0.1206, 0.1507, 0.1608], false),
    pointAt(0.7109, [0.2217, 0.2318, 0.2419], false),
  ],
  deadOutputs: [
    { layer: 'conv1', units: 6, withoutInputs: [], unused: [] },
    { layer: 'conv2', units: 16, withoutInputs: [3], unused: [3, 15] },
    { layer: 'fc1', units: 120, withoutInputs: [], unused: Array.from({ length: 13 }, (_, i) => 2 * i) },
    { layer: 'fc2', units: 84, withoutInputs: Array.from({ length: 12 }, (_, i) => 5 * i), unused: [] },
    { layer: 'out', units: 10, withoutInputs: [], unused: [] },
  ],
} as const satisfies PruneResult;
