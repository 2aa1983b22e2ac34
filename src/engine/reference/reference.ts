/**
 * The reference backend: float64, one thread, no device. Slow and readable; the other backends are tested against it.
 */
import { MasksearchError } from '../../core/error.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { checkModel } from '../../network/check-model.ts';
import type { Model } from '../../network/model.ts';
import type { CountingEvaluator } from '../../search/contract.ts';
import type { Engine, EvaluatorOptions } from '../backend.ts';
import { EngineEvaluator } from '../evaluator.ts';
import { checkImages } from '../images.ts';
import { ReferenceRunner } from './runner.ts';

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

/** An evaluator without an engine. Throws 'bad-input' if model and images do not fit each other. */
export function referenceEvaluator(
  model: Model,
  images: ImageSet,
  options?: EvaluatorOptions,
): CountingEvaluator {
  checkModel(model);
  checkImages(model, images);
  return new EngineEvaluator(model, new ReferenceRunner(model, images, options?.memory), options);
}
