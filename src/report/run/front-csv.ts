import { csvText } from '../text/csv.ts';
import type { FrontPoint } from './result.ts';

const columns = [
  ...['point', 'zeros', 'global_sparsity', 'mean_layer_sparsity', 'loss', 'accuracy'],
  ...['validation_loss', 'validation_accuracy', 'test_loss', 'test_accuracy', 'final'],
] as const;

/**
 * The text of front.csv: a row for each state of the front, by rising sparsity. `point` is the number of its masks in
 * front.safetensors; `loss` and `accuracy` are on the tuning images, in nats and as a fraction; `final` is 1 for the result,
 * else 0. The test fields are empty if no test images were held out.
 */
export function frontCsv(front: readonly FrontPoint[]): string {
  return csvText(
    columns,
    front.map(({ zeros, sparsity, tuning, validation, test, final }, point) => ({
      point,
      zeros,
      global_sparsity: sparsity.global,
      mean_layer_sparsity: sparsity.meanLayer,
      loss: tuning.loss,
      accuracy: tuning.accuracy,
      validation_loss: validation.loss,
      validation_accuracy: validation.accuracy,
      test_loss: test?.loss,
      test_accuracy: test?.accuracy,
      final: final ? 1 : 0,
    })),
  );
}
