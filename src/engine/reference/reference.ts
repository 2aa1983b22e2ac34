/**
 * The reference backend: float64, one thread, no device. Slow and readable; the other backends are tested against it.
 */
import { MasksearchError } from '../../core/error.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { checkModel } from '../../network/check-model.ts';
import type { Model } from '../../network/model.ts';
import type { CountingEvaluator } from '../../search/contract.ts';
import type { Calibrator, Engine, EvaluatorOptions } from '../backend.ts';
import { EngineCalibrator } from '../calibrator.ts';
import { EngineEvaluator } from '../evaluator.ts';
import { checkImages } from '../images.ts';
import { ReferenceMomentsRunner } from './moments-runner.ts';
import { ReferenceRunner } from './runner.ts';

export function referenceEngine(): Engine {
  const opened = new Set<CountingEvaluator | Calibrator>();
  let closed = false;
  const checkOpen = () => {
    if (closed) throw new MasksearchError('closed', 'the engine was closed', 'open a new one');
  };
  return {
    device: {
      kind: 'reference',
      vendor: '',
      architecture: '',
      description: 'float64, one thread',
      software: true,
    },
    async evaluator(model, images, options) {
      checkOpen();
      const evaluator = await Promise.resolve(referenceEvaluator(model, images, options));
      opened.add(evaluator);
      return evaluator;
    },
    async calibrator(model, images) {
      checkOpen();
      checkModel(model);
      checkImages(model, images);
      const runner = await Promise.resolve(new ReferenceMomentsRunner(model, images));
      const calibrator = new EngineCalibrator(model, images.count, runner);
      opened.add(calibrator);
      return calibrator;
    },
    async close() {
      closed = true;
      await Promise.all(Array.from(opened, (one) => one.close()));
      opened.clear();
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
