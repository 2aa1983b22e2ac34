import type { PruneResult } from './result.ts';

/** A sentence on what losses compare with where that is not the labels; empty if it is. */
export function targetsNote({
  parameters,
  validation,
  test,
}: Pick<PruneResult, 'parameters' | 'validation' | 'test'>): string {
  if (parameters['targets'] !== 'teacher') return '';
  const sets = validation ? 'tuning and validation images' : 'the images of the search';
  return `Losses on ${sets} are against the probabilities of the unpruned network${test ? ', those on test images against the labels' : ''}.`;
}
