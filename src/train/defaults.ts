/** What the bundled baseline was trained with: chosen by the loss on the search split alone. */
export const TRAIN_DEFAULTS = { epochs: 60, batchSize: 32, learningRate: 2e-3 } as const;
