/** The sensitivity of layers as tables for a terminal. */
import type { Score } from '../../search/contract.ts';
import { measuresOf, type Measure } from '../text/measures.ts';
import { fixed, nats, plain } from '../text/numbers.ts';
import { textTable } from '../text/text-table.ts';
import { NONE } from '../text/words.ts';
import { extremesText, imagesText, rankingTexts, shareText, shownName } from './ranking.ts';
import type { SensitivityResult } from './result.ts';

/** Two tables of at most 100 columns for seven sparsities, and which layers are the most and the least sensitive. */
export function sensitivityText(result: SensitivityResult): string {
  const [quality, loss] = measuresOf(result.task, plain.percent);
  const digits = result.task === 'regression' ? 4 : 2;
  const qualities = scoreTable(result, quality, (score) => fixed(quality.valueOf(score), digits));
  const losses = scoreTable(result, loss, (score) => nats(score.loss));
  return [qualities, '', losses, '', extremesText(result, plain), ...rankingTexts(result, plain)].join('\n');
}

/** A row for each layer, and one below it for the repaired layer. */
function scoreTable(
  result: SensitivityResult,
  { name, unit }: Measure,
  textOf: (score: Score) => string,
): string {
  const { unpruned, layers } = result;
  const sparsities = layers[0]!.points.map((point) => shareText(point, plain.percent));
  const isRepaired = layers.some(({ points }) => points.some(({ repaired }) => repaired));
  const rows = layers.flatMap(({ name: own, points }) => [
    [shownName({ name: own }), isRepaired ? 'frozen' : '', ...points.map(({ frozen }) => textOf(frozen))],
    ...(isRepaired
      ? [['', 'repaired', ...points.map(({ repaired }) => (repaired ? textOf(repaired) : NONE))]]
      : []),
  ]);
  const title = `${name}${unit === '' ? '' : ` in ${unit}`} on ${imagesText(result)}, unpruned ${textOf(unpruned)}, one layer alone pruned`;
  return `${title}\n\n${textTable([['', '', ...sparsities], ...rows])}`;
}
