import type { Candidate, CountingEvaluator, Evaluation, EvaluatorWork } from './contract.ts';

/**
 * An evaluator that judges candidates on the images of `optimised`, and those that ask for it on the images of `selection`:
 * one that a search may choose by without having optimised on it. `images` and `width` are those of `optimised`; closes both.
 */
export function withSelection(optimised: CountingEvaluator, selection: CountingEvaluator): CountingEvaluator {
  const { layers, depth, images, macsPerImage } = optimised;
  return {
    layers,
    depth,
    images,
    macsPerImage,
    get width() {
      return optimised.width;
    },
    get work() {
      return totalWork([optimised.work, selection.work]);
    },
    async evaluate(candidates, options) {
      const evaluations = new Map<Candidate, Evaluation>();
      const judge = async (evaluator: CountingEvaluator, asked: readonly Candidate[]) => {
        if (asked.length === 0) return;
        const told = await evaluator.evaluate(asked, options);
        asked.forEach((candidate, i) => evaluations.set(candidate, told[i]!));
      };
      await judge(
        optimised,
        candidates.filter(({ on }) => on === undefined),
      );
      await judge(
        selection,
        candidates.filter(({ on }) => on === 'selection'),
      );
      return candidates.map((candidate) => evaluations.get(candidate)!);
    },
    async close() {
      try {
        await optimised.close();
      } finally {
        await selection.close();
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
