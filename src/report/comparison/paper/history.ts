/** What the histories of the article's searches say of single layers. */
import type { ComparedRow, PaperComparison, PaperRun } from '../comparison.ts';

/** The history row of a run's result; undefined if it accepted nothing, so that the result is the unpruned network. */
export function resultRow({ history, final }: PaperRun): ComparedRow | undefined {
  return history.findLast(({ cost, loss }) => cost === final.cost && loss === final.loss);
}

/** The last history row of each layer, undefined if it has none, in the order of the comparison's layers. */
export function lastRows({ layers }: Pick<PaperComparison, 'layers'>, { history }: PaperRun) {
  return layers.map(({ position }) => history.findLast(({ layer }) => layer === position));
}
