import { csvText } from '../text/csv.ts';
import type { Sensitivity } from './result.ts';

const columns = [
  ...['layer', 'weights', 'sparsity', 'zeros', 'loss', 'accuracy'],
  ...['repaired_loss', 'repaired_accuracy'],
] as const;

/**
 * The text of sensitivity.csv: a row for each layer and sparsity, the first for the unpruned network, whose `layer` is empty. `sparsity` is the fraction
 * that was asked for, `zeros` how many weights of the layer are 0; losses are in nats, accuracies fractions. Fields without a value are empty.
 */
export function sensitivityCsv({ unpruned, layers }: Sensitivity): string {
  return csvText(columns, [
    { loss: unpruned.loss, accuracy: unpruned.accuracy },
    ...layers.flatMap(({ name, weights, points }) =>
      points.map(({ sparsity, zeros, frozen, repaired }) => ({
        ...{ layer: name, weights, sparsity, zeros },
        ...{ loss: frozen.loss, accuracy: frozen.accuracy },
        ...{ repaired_loss: repaired?.loss, repaired_accuracy: repaired?.accuracy },
      })),
    ),
  ]);
}
