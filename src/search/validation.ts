import type { Candidate, CountingEvaluator, Evaluation, EvaluatorWork } from './contract.ts';

/**
 * One evaluator of two: it evaluates each candidate on the set of images that the candidate asks for. `images` and
 * `batchWidth` are those of `tuning`; `close` closes both.
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

/** The sum of the work of several evaluators. */
export function totalWork(works: readonly EvaluatorWork[]): EvaluatorWork {
  return works.reduce((sum, work) => {
    const names = Object.keys(sum) as (keyof EvaluatorWork)[];
    return Object.fromEntries(
      names.map((name) => [name, sum[name] + work[name]]),
    ) as unknown as EvaluatorWork;
  });
}
