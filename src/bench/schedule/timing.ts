/** One timed search of `bench schedule`. */
import type { ImageSet } from '../../data/dataset.ts';
import type { Engine } from '../../engine/backend.ts';
import type { Model } from '../../network/model.ts';
import type { EvaluatorWork, Progress } from '../../search/contract.ts';
import { MasksearchError } from '../../core/error.ts';
import { run } from '../../search/run.ts';
import { makeSearch } from '../../pruning/search/make-search.ts';
import { plainImages } from '../../pruning/search/plain-images.ts';
import type { PaperSpec } from '../../pruning/search/spec.ts';
import type { Configuration } from './configurations.ts';
import { TimedEvaluator } from './timed-evaluator.ts';

export interface Workload {
  readonly engine: Engine;
  readonly model: Model;
  readonly images: ImageSet;
}

/** A search that ran to its end. */
export interface ScheduleRun {
  /** Of the search alone, without making and closing the evaluator. */
  readonly seconds: number;
  /** Share of that time in which no evaluation was under way. */
  readonly idleShare: number;
  /** Proposals that the search used; speculative candidates that it dropped are not counted. */
  readonly proposals: number;
  readonly work: EvaluatorWork & { readonly plainMacs: number };
  readonly digest: string;
}

/** Runs a search on an evaluator of its own. Rejects with 'aborted' once `signal` is. */
export async function timeSchedule(
  { engine, model, images }: Workload,
  spec: PaperSpec,
  configuration: Configuration,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (progress: Progress) => void },
): Promise<ScheduleRun> {
  const { lossLimits, speculation, ...optimizations } = configuration.optimizations;
  const evaluator = new TimedEvaluator(await engine.evaluator(model, images, { optimizations }));
  try {
    const search = makeSearch(evaluator, spec, { lossLimits });
    const started = performance.now();
    const { completed, digest, progress } = await run(search, evaluator, { signal, onProgress, speculation });
    const seconds = (performance.now() - started) / 1000;
    if (!completed) {
      throw new MasksearchError('aborted', 'the benchmark was interrupted', 'run it again', {
        cause: signal.reason,
      });
    }
    const { work, macsPerImage, busySeconds } = evaluator;
    return {
      seconds,
      idleShare: 1 - busySeconds / seconds,
      proposals: progress.proposals,
      work: {
        ...work,
        plainMacs: macsPerImage * plainImages(spec, progress, { tuning: images.count, validation: 0 }),
      },
      digest,
    };
  } finally {
    await evaluator.close();
  }
}
