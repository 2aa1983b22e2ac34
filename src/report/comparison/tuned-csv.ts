import { csvText, type CsvRow } from '../text/csv.ts';
import { splitOf, type TunedComparison, type TunedRun } from './tuned.ts';

/** Losses are in nats; accuracies and sparsities are fractions. */
const columns = [
  ...['kind', 'split_seed', 'seed', 'baseline', 'target_sparsity', 'global_sparsity', 'zeros'],
  ...[
    'search_loss',
    'search_accuracy',
    'validation_loss',
    'validation_accuracy',
    'test_loss',
    'test_accuracy',
  ],
  ...['unpruned_test_accuracy', 'evaluations', 'seconds'],
] as const;

/**
 * The text of compare.csv of a quality comparison: a row for each run, each baseline with as many zeros as a run, each point
 * of a run's front, each look of a run at its validation images (`search` are the images tuned on) and each point of a
 * baseline's curve. Numbers are the shortest that read back as the same float64; what a row does not have is an empty field.
 */
export function tunedCsv(comparison: TunedComparison): string {
  const { runs, splits } = comparison;
  return csvText(columns, [
    ...runs.map((run) => runRow(comparison, run)),
    ...runs.flatMap((run) =>
      run.matched.map(({ baseline, test }) => ({
        ...ofRun('matched', run),
        baseline,
        target_sparsity: run.final.sparsity.global,
        global_sparsity: run.final.sparsity.global,
        zeros: run.zeros,
        test_loss: test.loss,
        test_accuracy: test.accuracy,
      })),
    ),
    ...runs.flatMap((run) =>
      run.front.map(({ sparsity, test }) => ({
        ...ofRun('front', run),
        global_sparsity: sparsity,
        test_loss: test.loss,
        test_accuracy: test.accuracy,
      })),
    ),
    ...runs.flatMap((run) => run.validationPoints.map((point) => validationRow(run, point))),
    ...splits.flatMap(({ splitSeed, curves }) =>
      curves.map(({ baseline, target, sparsity, test }) => ({
        kind: 'curve',
        split_seed: splitSeed,
        baseline,
        target_sparsity: target,
        global_sparsity: sparsity,
        test_loss: test.loss,
        test_accuracy: test.accuracy,
      })),
    ),
  ]);
}

function ofRun(kind: string, { splitSeed, seed }: TunedRun): CsvRow {
  return { kind, split_seed: splitSeed, seed };
}

function runRow(comparison: TunedComparison, run: TunedRun): CsvRow {
  const { final, zeros, validation, test, work, seconds } = run;
  return {
    ...ofRun('run', run),
    global_sparsity: final.sparsity.global,
    zeros,
    search_loss: final.loss,
    search_accuracy: final.accuracy,
    validation_loss: validation.pruned.loss,
    validation_accuracy: validation.pruned.accuracy,
    test_loss: test.loss,
    test_accuracy: test.accuracy,
    unpruned_test_accuracy: splitOf(comparison, run).unpruned.accuracy,
    evaluations: work.candidates,
    seconds,
  };
}

function validationRow(run: TunedRun, point: TunedRun['validationPoints'][number]): CsvRow {
  const { evaluations, sparsity, tuning, validation } = point;
  return {
    ...ofRun('validation', run),
    global_sparsity: sparsity,
    search_loss: tuning.loss,
    search_accuracy: tuning.accuracy,
    validation_loss: validation.loss,
    validation_accuracy: validation.accuracy,
    evaluations,
  };
}
