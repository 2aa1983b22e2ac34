import type { Candidate, CountingEvaluator, Evaluation, EvaluatorWork } from './contract.ts';

/**
 * An evaluator that evaluates candidates on the images of `tuning`, and those that ask for it on the images of `validation`:
 * one that a search may choose by without having tuned on it. `images` and `batchWidth` are those of `tuning`; closes both.
 */
export function withValidation(tuning: CountingEvaluator, validation: CountingEvaluator): CountingEvaluator {
  const { layers, depth, images, macsPerImage } = tuning;
  return {
    layers,
    depth,
    images,
    macsPerImage,
    get batchWidth() {
      return tuning.batchWidth;
    },
    get work() {
      return totalWork([tuning.work, validation.work]);
    },
    async evaluate(candidates, options) {
      const evaluations = new Map<Candidate, Evaluation>();
      const evaluate = async (evaluator: CountingEvaluator, asked: readonly Candidate[]) => {
        if (asked.length === 0) return;
        const told = await evaluator.evaluate(asked, options);
        asked.forEach((candidate, i) => evaluations.set(candidate, told[i]!));
      };
      await evaluate(
        tuning,
        candidates.filter(({ on }) => on === undefined),
      );
      await evaluate(
        validation,
        candidates.filter(({ on }) => on === 'validation'),
      );
      return candidates.map((candidate) => evaluations.get(candidate)!);
    },
    async close() {
      try {
        await tuning.close();
      } finally {
        await validation.close();
      }
    },
  };
}

/** The sum of what several evaluators did. */
export function totalWork(works: readonly EvaluatorWork[]): EvaluatorWork {
  return works.reduce((sum, work) => {
    const names = Object.keys(sum) as (keyof EvaluatorWork)[];
    return Object.fromEntries(
      names.map((name) => [name, sum[name] + work[name]]),
    ) as unknown as EvaluatorWork;
  });
}
