import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import type { ComparedScore } from '../report/comparison/comparison.ts';
import { meanOf } from '../report/comparison/statistics.ts';
import type { Candidate, EvaluatorWork } from '../search/contract.ts';
import { accurate } from './accuracy.ts';
import type { CompareOptions } from './progress.ts';

/** Masks in one call of the evaluator, between which progress is reported. */
const BATCH = 8;

/** Candidates of which only the mean score is needed. */
export type CandidateGroup = readonly Candidate[];

export interface GroupScores {
  /** Mean score of each group. */
  readonly scores: readonly ComparedScore[];
  readonly work: EvaluatorWork;
}

/** Where masks are evaluated. `name` is for progress. */
export interface EvaluationImages {
  readonly model: Model;
  readonly name: 'tuning' | 'test';
  readonly images: ImageSet;
}

/** Evaluates groups of masks, with the images uploaded once. Rejects once the signal is aborted. */
export async function evaluateGroups(
  engine: Engine,
  { model, name, images }: EvaluationImages,
  groups: readonly CandidateGroup[],
  { signal, onProgress }: CompareOptions,
): Promise<GroupScores> {
  const candidates = groups.flat();
  const scores: ComparedScore[] = [];
  const evaluator = await engine.evaluator(model, images);
  try {
    for (let first = 0; first < candidates.length; first += BATCH) {
      onProgress?.({ type: 'evaluating', images: name, done: first, total: candidates.length });
      const batch = candidates.slice(first, first + BATCH);
      for (const evaluation of await evaluator.evaluate(batch, signal && { signal })) {
        if (evaluation.exceeded) throw new Error('an evaluation without a limit stopped early');
        const { loss, accuracy } = accurate(evaluation);
        scores.push({ loss, accuracy });
      }
    }
    return { scores: groupMeans(groups, scores), work: evaluator.work };
  } finally {
    await evaluator.close();
  }
}

function groupMeans(
  groups: readonly CandidateGroup[],
  scores: readonly ComparedScore[],
): readonly ComparedScore[] {
  let next = 0;
  return groups.map(({ length }) => {
    const ofGroup = scores.slice(next, (next += length));
    return {
      loss: meanOf(ofGroup.map(({ loss }) => loss)),
      accuracy: meanOf(ofGroup.map(({ accuracy }) => accuracy)),
    };
  });
}
