import type { TrainOptions } from './train.ts';

/**
 * The settings that the bundled reference model was trained with: of four runs with seed 1, the one of the lowest search loss,
 * 0.096 nats. A longer cosine (60 epochs) reached 0.098, rates of 0.002 and 0.004 (30 epochs) 0.103 and 0.100.
 */
export const REFERENCE_TRAINING = {
  seed: '1',
  epochs: 40,
  batchSize: 32,
  learningRate: 0.003,
  normalization: { mean: 0.1307, std: 0.3081 },
} as const satisfies TrainOptions;
