/** A result of LeNet-5's size, as a run of the article's schedule might leave it. */
import { tradeOffScore, type PruneResult } from '../../../src/report/result.ts';
import type { HistoryRow } from '../../../src/search/contract.ts';

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
  images: 2000,
  split: 'search',
  heldOut: true,
  baseline: { loss: 0.0895, accuracy: 0.9723 },
  final: {
    loss: 0.9923,
    accuracy: 0.8744,
    cost: 3.0964,
    sparsity: { meanLayer: 0.43836, global: 0.4832, perLayer: [0.66, 0.59, 0.54, 0.18, 0.2218] },
  },
  test: { baseline: { loss: 0.1013, accuracy: 0.974 }, pruned: { loss: 1.0121, accuracy: 0.869 } },
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
