import { sumOverOutputs } from './loss-spec.ts';

/** The mean over the outputs of an image of their sigmoid cross-entropies; the targets are 1 or 0. */
export const sigmoidCrossEntropy = sumOverOutputs('sigmoid_cross_entropy');
