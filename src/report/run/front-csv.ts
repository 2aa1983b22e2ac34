import type { FrontPoint } from './result.ts';

const columns = [
  'point',
  'zeros',
  'global_sparsity',
  'mean_layer_sparsity',
  'loss',
  'accuracy',
  'validation_loss',
  'validation_accuracy',
  'test_loss',
  'test_accuracy',
  'final',
] as const;

/**
 * The text of front.csv: one row for each state between which one may choose, by rising sparsity. `point` is the number that its
 * masks in front.safetensors go by. Losses are in nats; a value that there is not is an empty field.
 */
export function frontCsv(front: readonly FrontPoint[]): string {
  const lines = front.map(({ zeros, sparsity, search, validation, test, final }, point) =>
    [
      point,
      zeros,
      sparsity.global,
      sparsity.meanLayer,
      search.loss,
      search.accuracy,
      validation.loss,
      validation.accuracy,
      test?.loss ?? '',
      test?.accuracy ?? '',
      final ? 1 : 0,
    ].join(','),
  );
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}
