/** A comparison is one of accuracies, which a regression does not have. */
import { MasksearchError } from '../core/error.ts';
import type { Model } from '../network/model.ts';
import { taskOf } from '../network/task.ts';

/** Throws 'bad-input' for a regression. */
export function checkHasAccuracy(model: Pick<Model, 'task'>): void {
  if (taskOf(model) === 'regression') throw withoutAccuracy();
}

/** The same, with its accuracy. Throws 'bad-input' if it has none. */
export function accurate<T extends { readonly accuracy?: number | undefined }>(
  score: T,
): T & { readonly accuracy: number } {
  const { accuracy } = score;
  if (accuracy === undefined) throw withoutAccuracy();
  return { ...score, accuracy };
}

const withoutAccuracy = () =>
  new MasksearchError(
    'bad-input',
    'searches are compared by their accuracy, which a network for regression does not have',
    'use prune',
  );
