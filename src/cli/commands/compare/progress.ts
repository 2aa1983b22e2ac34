/** What the command line shows of a comparison while it runs. */
import type { ComparisonProgress, ComparisonSearch } from '../../../compare/progress.ts';
import type { SearchRun } from '../../../pruning/search/contract.ts';
import { METHOD_ABBREVIATIONS, METHOD_NAMES } from '../../../report/text/words.ts';
import { qualityText } from '../../../report/text/measures.ts';
import { duration, percent } from '../../terminal/format.ts';
import { progressLine } from '../../terminal/progress-line.ts';
import type { StatusLine } from '../../terminal/status-line.ts';

/** Keeps `status` at what the comparison is doing, and prints a line for every search that has ended. */
export function comparisonProgress(status: StatusLine): (progress: ComparisonProgress) => void {
  let show: ReturnType<typeof progressLine> | undefined;
  return (event) => {
    switch (event.type) {
      case 'searching': {
        const { split, spec } = event.search;
        show = progressLine({ network: split.model.network, spec, status, label: labelOf(event.search) });
        return;
      }
      case 'round':
        show?.(event.progress, event.work, event.seconds);
        return;
      case 'found':
        status.print(foundText(event.search, event.run));
        return;
      case 'ranking':
        status.update(() => `ranking the weights: ${event.baseline}`);
        return;
      case 'repairing': {
        const { baseline, done, total } = event;
        status.update(() => `repairing baselines: ${baseline}, ${done} of ${total}`);
        return;
      }
      case 'drawing': {
        const { baseline, done, total } = event;
        status.update(() => `${baseline}: ${done} of ${total} evaluations`);
        return;
      }
      case 'evaluating': {
        const { images, done, total } = event;
        status.update(() => `evaluating masks on the ${images} images: ${done} of ${total}`);
      }
    }
  };
}

/** "SA, seed 1, search 2 of 6" or "split 1, seed 2, search 3 of 6" */
function labelOf({ split, spec, number, total }: ComparisonSearch): string {
  const subject = spec.preset === 'tuned' ? `split ${split.splitSeed}` : METHOD_ABBREVIATIONS[spec.method];
  return `${subject}, seed ${spec.parameters.seed}, search ${number} of ${total}`;
}

function foundText(search: ComparisonSearch, { spec, result, validation, seconds }: SearchRun): string {
  const { sparsity } = result.best;
  if (validation) {
    return (
      `${labelOf(search)}: ${duration(seconds)}, sparsity ${percent(sparsity.global)}, ` +
      `${qualityText(validation.best, percent)} on the validation images, unpruned ${percent(validation.unpruned.accuracy ?? NaN)}`
    );
  }
  return (
    `${METHOD_NAMES[spec.method]}, seed ${spec.parameters.seed}: ${duration(seconds)}, ` +
    `${qualityText(result.best, percent)}, sparsity ${percent(sparsity.meanLayer)} mean over layers`
  );
}
