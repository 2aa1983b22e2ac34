/** Which layers are the most and the least sensitive, in words. */
import type { Score } from '../../search/contract.ts';
import { ending } from '../chart/layer-marks.ts';
import { measuresOf } from '../text/measures.ts';
import { counted, signed, type UnitFormats } from '../text/numbers.ts';
import type { LayerSensitivity, SensitivityPoint, SensitivityResult } from './result.ts';

/** Most layers that are named at each end of a ranking. */
const MAX_NAMED = 5;

type Ranked = Pick<SensitivityResult, 'unpruned' | 'layers' | 'task'>;
type ScoreOf = (point: SensitivityPoint) => Score | undefined;

const frozenOf: ScoreOf = ({ frozen }) => frozen;
const repairedOf: ScoreOf = ({ repaired }) => repaired;

/** Longer names are shown by their ends. */
const MAX_NAME = 32;
export const shownName = ({ name }: Pick<LayerSensitivity, 'name'>): string => ending(name, MAX_NAME);

/** The sparsity that layers are ranked by: the middle one of those asked for. */
const rankedBy = (points: readonly SensitivityPoint[]) => points[Math.floor((points.length - 1) / 2)]!;

/** The layers that have such scores, the one with the highest loss at the middle sparsity first. */
export function ranked(
  layers: readonly LayerSensitivity[],
  scoreOf: ScoreOf = frozenOf,
): readonly LayerSensitivity[] {
  const lossOf = ({ points }: LayerSensitivity) => scoreOf(rankedBy(points))?.loss;
  return layers.filter((layer) => lossOf(layer) !== undefined).toSorted((a, b) => lossOf(b)! - lossOf(a)!);
}

/** "With 90 % of its weights pruned, fc1 is the most sensitive layer: …" */
export function extremesText({ unpruned, layers, task }: Ranked, { percent }: UnitFormats): string {
  const order = ranked(layers);
  const [most, least] = [order[0]!, order.at(-1)!];
  const [, loss] = measuresOf(task, percent);
  const change = ({ points }: LayerSensitivity) => {
    const { frozen, repaired } = rankedBy(points);
    const rise = (score: Score) => signed(score.loss - unpruned.loss, 4);
    return `${rise(frozen)} ${loss.differenceUnit}${repaired ? ` (repaired ${rise(repaired)})` : ''}`;
  };
  const when = `With ${shareText(rankedBy(most.points), percent)} of its weights pruned, ${shownName(most)} is the`;
  if (most === least) return `${when} only layer: the loss changes by ${change(most)}.`;
  return `${when} most sensitive layer: the loss changes by ${change(most)}. ${shownName(least)} is the least sensitive: ${change(least)}.`;
}

/** Sentences: the layers from the most to the least sensitive, frozen and repaired; none for a single layer. */
export function rankingTexts({ layers }: Ranked, { percent }: UnitFormats): readonly string[] {
  if (layers.length < 2) return [];
  const [frozen, repaired] = [ranked(layers), ranked(layers, repairedOf)];
  const at = shareText(rankedBy(layers[0]!.points), percent);
  const sentences = [`From the most to the least sensitive at ${at}: ${listed(frozen)}.`];
  const isSame = frozen.length === repaired.length && frozen.every((layer, i) => layer === repaired[i]);
  if (isSame) sentences.push('With repair the order is the same.');
  else if (repaired.length > 0) sentences.push(`With repair: ${listed(repaired)}.`);
  const without = layers.filter((layer) => !repaired.includes(layer));
  if (repaired.length > 0 && without.length > 0)
    sentences.push(`Not repaired, as an output has too many inputs: ${listed(without)}.`);
  return sentences;
}

/** "1,600 tuning images", "2,000 images of the test split" */
export function imagesText({ images, split }: Pick<SensitivityResult, 'images' | 'split'>): string {
  return split === 'search'
    ? counted(images, 'tuning image')
    : `${counted(images, 'image')} of the ${split} split`;
}

/** The fraction as a percentage with as many decimals as it needs, at most 2. */
export function shareText({ sparsity }: Pick<SensitivityPoint, 'sparsity'>, percent: UnitFormats['percent']) {
  const value = 100 * sparsity;
  const exact = Number(value.toFixed(6));
  return percent(sparsity, [0, 1].find((digits) => Number(value.toFixed(digits)) === exact) ?? 2);
}

function listed(layers: readonly LayerSensitivity[]): string {
  const names = layers.map(shownName);
  if (names.length <= 2 * MAX_NAMED) return names.join(', ');
  return [...names.slice(0, MAX_NAMED), '…', ...names.slice(-MAX_NAMED)].join(', ');
}
