import { MasksearchError } from '../../core/error.ts';
import type { CountingEvaluator } from '../../search/contract.ts';
import type { Engine } from '../backend.ts';
import { referenceEvaluator } from './evaluator.ts';

/** The float64 oracle as an engine: no device, one thread. */
export function referenceEngine(): Engine {
  const evaluators = new Set<CountingEvaluator>();
  let closed = false;
  return {
    device: {
      kind: 'reference',
      vendor: '',
      architecture: '',
      description: 'float64, one thread',
      software: true,
    },
    async evaluator(model, images, options) {
      if (closed) throw new MasksearchError('closed', 'the engine was closed', 'open a new one');
      const evaluator = await Promise.resolve(referenceEvaluator(model, images, options));
      evaluators.add(evaluator);
      return evaluator;
    },
    async close() {
      closed = true;
      await Promise.all(Array.from(evaluators, (evaluator) => evaluator.close()));
      evaluators.clear();
    },
  };
}
