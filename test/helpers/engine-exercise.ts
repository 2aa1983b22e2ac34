/** What an engine gives. Node and pages run this same text, so it imports only types. */
import type * as index from '../../src/index.ts';
import type { Candidate, Engine, Evaluation, ImageSet, Model } from '../../src/index.ts';

type Library = Pick<typeof index, 'run' | 'simulatedAnnealing'>;

export interface Task {
  readonly model: Model;
  readonly images: ImageSet;
  readonly candidates: readonly Candidate[];
  /** Of annealing, in each layer; 6 unless given. */
  readonly iterations?: number;
}

export interface Exercised {
  readonly kind: string;
  /** Of the candidates one by one, and together. */
  readonly alone: readonly Evaluation[];
  readonly evaluations: readonly Evaluation[];
  /** With their losses as limits, and with limits a little below. */
  readonly atLimit: readonly Evaluation[];
  readonly aboveLimit: readonly Evaluation[];
  readonly digest: string;
  readonly accepted: number;
  readonly proposals: number;
  /**
   * Of the annealing. Fewer than all images of a pass are evaluated where a limit ends it. How soon it does may differ between runs with
   * several threads, and so does whether the same masks need another pass later.
   */
  readonly work: { readonly forwardPasses: number; readonly imagesEvaluated: number };
}

/** Evaluates candidates and anneals for a few steps. */
export async function exercise(library: Library, engine: Engine, task: Task): Promise<Exercised> {
  const { model, images, candidates, iterations = 6 } = task;
  const alone: Evaluation[] = [];
  const first = await engine.evaluator(model, images);
  for (const candidate of candidates) alone.push(...(await first.evaluate([candidate])));
  const evaluator = await engine.evaluator(model, images);
  const evaluations = await evaluator.evaluate(candidates);
  const limited = (factor: number) =>
    candidates.map((candidate, i) => {
      const evaluation = evaluations[i]!;
      return evaluation.exceeded ? candidate : { ...candidate, lossLimit: evaluation.loss * factor };
    });
  const atLimit = await evaluator.evaluate(limited(1));
  const aboveLimit = await evaluator.evaluate(limited(1 - 1e-9));
  const before = evaluator.work;
  const search = library.simulatedAnnealing(evaluator, { seed: 'page', iterations, lossToWarmup: 8 });
  const { digest, history, progress } = await library.run(search, evaluator);
  const { work } = evaluator;
  return {
    kind: engine.device.kind,
    ...{ alone, evaluations, atLimit, aboveLimit, digest },
    accepted: history.length,
    proposals: progress.proposals,
    work: {
      forwardPasses: work.forwardPasses - before.forwardPasses,
      imagesEvaluated: work.imagesEvaluated - before.imagesEvaluated,
    },
  };
}

/** Closes the engine in the middle of a batch. Returns the code of the error that each call is rejected with, or `none`. */
export async function exerciseClose(
  engine: Engine,
  { model, images, candidates }: Task,
): Promise<Readonly<Record<'pending' | 'evaluator' | 'engine', string>>> {
  const evaluator = await engine.evaluator(model, images);
  const pending = codeOf(evaluator.evaluate(candidates));
  await engine.close();
  return {
    pending: await pending,
    evaluator: await codeOf(evaluator.evaluate(candidates)),
    engine: await codeOf(engine.evaluator(model, images)),
  };
}

/** The code of the error that a promise is rejected with, or the message of an error that is not ours; `none` if it is not. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: Error & { readonly code?: string }) => error.code ?? error.message,
  );
}
