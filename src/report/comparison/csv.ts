import { csvText, type CsvRow } from '../text/csv.ts';
import type { ComparedRun, ComparedSplit, Comparison, TunedRun } from './comparison.ts';
import { decisive, splitOf } from './figures.ts';
import { tradeOffScore } from '../run/result.ts';

/** Losses are in nats; accuracies and sparsities are fractions. */
const columns = [
  ...['kind', 'split_seed', 'method', 'seed', 'baseline'],
  ...['target_sparsity', 'global_sparsity', 'mean_layer_sparsity', 'zeros'],
  ...[
    'tuning_loss',
    'tuning_accuracy',
    'validation_loss',
    'validation_accuracy',
    'test_loss',
    'test_accuracy',
  ],
  ...['unpruned_accuracy', 'cost', 'trade_off', 'evaluations', 'seconds'],
] as const;

/**
 * The text of compare.csv: a row of kind `run` for each search, `matched` for each baseline with as many zeros as a run, and
 * `curve` for each point of a baseline's curve; of preset tuned also `front` for each state of a run's front, and
 * `validation` for each evaluation of a run's current state on its validation images. `unpruned_accuracy` is on the test
 * images if they were held out, else on the tuning images. What a row does not have is an empty field.
 */
export function compareCsv(comparison: Comparison): string {
  const { splits, runs } = comparison;
  const tuned = comparison.preset === 'tuned' ? comparison.runs : [];
  return csvText(columns, [
    ...runs.map((run) => runRow(comparison, run)),
    ...runs.flatMap((run) =>
      run.matched.map((point) => ({
        ...pointRow(comparison, run, point),
        ...ofRun('matched', run),
        zeros: run.zeros,
      })),
    ),
    ...tuned.flatMap(frontRows),
    ...tuned.flatMap(validationRows),
    ...splits.flatMap((split) =>
      split.curves.map((point) => ({ ...pointRow(comparison, split, point), kind: 'curve' })),
    ),
  ]);
}

function ofRun(kind: string, { splitSeed, method, seed }: ComparedRun): CsvRow {
  return { kind, split_seed: splitSeed, method, seed };
}

function runRow(comparison: Comparison, run: ComparedRun): CsvRow {
  const { final, zeros, validation, test, tradeOff, work, seconds } = run;
  return {
    ...ofRun('run', run),
    global_sparsity: final.sparsity.global,
    mean_layer_sparsity: final.sparsity.meanLayer,
    zeros,
    tuning_loss: final.loss,
    tuning_accuracy: final.accuracy,
    validation_loss: validation?.loss,
    validation_accuracy: validation?.accuracy,
    test_loss: test?.loss,
    test_accuracy: test?.accuracy,
    unpruned_accuracy: decisive(splitOf<ComparedSplit>(comparison, run).unpruned).accuracy,
    cost: final.cost,
    trade_off: tradeOff,
    evaluations: work.candidates,
    seconds,
  };
}

function pointRow(
  comparison: Comparison,
  { splitSeed }: { readonly splitSeed: string },
  point: Comparison['splits'][number]['curves'][number],
): CsvRow {
  const { baseline, target, sparsity, tuning, test } = point;
  const unpruned = decisive(splitOf<ComparedSplit>(comparison, { splitSeed }).unpruned).accuracy;
  return {
    split_seed: splitSeed,
    baseline,
    target_sparsity: target,
    global_sparsity: sparsity.global,
    mean_layer_sparsity: sparsity.meanLayer,
    tuning_loss: tuning?.loss,
    tuning_accuracy: tuning?.accuracy,
    test_loss: test?.loss,
    test_accuracy: test?.accuracy,
    unpruned_accuracy: unpruned,
    trade_off: tradeOffScore(sparsity.meanLayer, decisive(point).accuracy, unpruned),
  };
}

function frontRows(run: TunedRun): readonly CsvRow[] {
  return run.front.map(({ sparsity, test }) => ({
    ...ofRun('front', run),
    global_sparsity: sparsity.global,
    mean_layer_sparsity: sparsity.meanLayer,
    test_loss: test.loss,
    test_accuracy: test.accuracy,
  }));
}

function validationRows(run: TunedRun): readonly CsvRow[] {
  return run.validationPoints.map(({ evaluations, sparsity, tuning, validation }) => ({
    ...ofRun('validation', run),
    global_sparsity: sparsity,
    tuning_loss: tuning.loss,
    tuning_accuracy: tuning.accuracy,
    validation_loss: validation.loss,
    validation_accuracy: validation.accuracy,
    evaluations,
  }));
}
