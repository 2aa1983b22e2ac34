import type { PruneResult } from './result.ts';

/** A sentence on what losses compare with where that is not the labels; empty if it is. */
export function targetsNote({
  parameters,
  validation,
  test,
  repair,
}: Pick<PruneResult, 'parameters' | 'validation' | 'test' | 'repair'>): string {
  if (parameters['targets'] !== 'teacher') return '';
  // Where weights are repaired, states are chosen by labels.
  const sets = repair
    ? ['tuning images']
    : validation
      ? ['tuning and validation images']
      : ['the images of the search'];
  const others = [...(repair ? ['validation'] : []), ...(test ? ['test'] : [])];
  const rest = others.length > 0 ? `, those on ${others.join(' and ')} images against the labels` : '';
  return `Losses on ${sets.join('')} are against the probabilities of the unpruned network${rest}.`;
}
