import type { Engine } from '../engine.ts';
import { referenceEvaluator } from './evaluator.ts';

/** The float64 oracle as an engine: no device, one thread. */
export function referenceEngine(): Engine {
  return {
    device: {
      kind: 'reference',
      vendor: '',
      architecture: '',
      description: 'float64, one thread',
      software: true,
    },
    evaluator: (model, images) => Promise.resolve().then(() => referenceEvaluator(model, images)),
    close: () => Promise.resolve(),
  };
}
