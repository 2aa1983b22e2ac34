import type { TrainOptions } from './train.ts';

/**
 * What the baseline is trained with. Of four runs with seed 1 it is the one that reached the lowest search loss, 0.096
 * nats: a longer cosine (60 epochs) reached 0.098, rates of 0.002 and 0.004 (30 epochs) 0.103 and 0.100.
 */
export const BASELINE_TRAINING = {
  seed: '1',
  epochs: 40,
  batchSize: 32,
  learningRate: 0.003,
  normalization: { mean: 0.1307, std: 0.3081 },
} as const satisfies TrainOptions;
