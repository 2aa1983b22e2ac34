/** What a comparison of the article's searches found, in sentences computed from its figures. */
import { count, counted, duration, fixed, percent } from '../../text/numbers.ts';
import { capitalised, METHODS_IN_SENTENCE, type BaselineName } from '../../text/words.ts';
import type { PaperComparison, PaperRun } from '../comparison.ts';
import {
  decisive,
  decisiveOf,
  matchedPoint,
  methodsOf,
  unprunedAccuracy,
  type MethodRuns,
} from '../figures.ts';
import { meanOf } from '../statistics.ts';
import { accuracyName, BASELINE_DEVIATION, partialNote, percentSpread, pointsText } from '../words.ts';

type Runs = MethodRuns<PaperRun>;

/** Both searches in one line. */
export function paperHeadline(comparison: PaperComparison): string {
  const outcomes = methodsOf(comparison).map(({ method, runs }, i) => {
    const sparsity = percent(meanOf(runs.map(({ final }) => final.sparsity.global)));
    const accuracy = percent(meanOf(runs.map((run) => decisiveOf(run).accuracy)));
    const name = METHODS_IN_SENTENCE[method];
    return i > 0
      ? `${name} ${sparsity} at ${accuracy}`
      : `${name} pruned ${sparsity} of the weights at ${accuracy} ${accuracyName(comparison)}`;
  });
  return capitalised(outcomes.join(', '));
}

/** What was compared, on what. */
export function paperSetup(comparison: PaperComparison): string {
  const { seeds, preset, layers, splits, split, heldOut } = comparison;
  const { images } = splits[0];
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const names = methodsOf(comparison).map(({ method }) => METHODS_IN_SENTENCE[method]);
  return [
    `${capitalised(names.join(' and '))} searched masks for the same network (${counted(layers.length, 'layer')}, ` +
      `${counted(weights, 'weight')}) with preset “${preset}” and ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}.`,
    `Masks were evaluated by their loss on ${counted(images.tuning, 'tuning image')} (split “${split}”).`,
    ...(heldOut ? [`The ${counted(images.test, 'test image')} played no part in the search.`] : []),
    'The baselines, such as magnitude pruning, need no search: they pruned the same network to the same sparsity.',
    ...partialNote(comparison),
  ].join(' ');
}

/** What came out, one or a few sentences for each point. */
export function paperFindings(comparison: PaperComparison): readonly string[] {
  const methods = methodsOf(comparison);
  return [
    ...methods.map((group) => outcome(comparison, group)),
    ...methods.flatMap((group) => againstMagnitude(comparison, group)),
    ...(methods.length === 2 ? [againstEachOther(methods[0]!, methods[1]!)] : []),
    comparison.seeds.length === 1
      ? 'There is one run of each search: how much results vary with the seed is not known.'
      : `Figures with ± are means over ${count(comparison.seeds.length)} seeds with the sample standard deviation; ` +
        `${BASELINE_DEVIATION}.`,
  ];
}

function outcome(comparison: PaperComparison, { method, runs }: Runs): string {
  const accuracies = runs.map((run) => decisiveOf(run).accuracy);
  return (
    `${capitalised(METHODS_IN_SENTENCE[method])}: ${percentSpread(accuracies)} ${accuracyName(comparison)} ` +
    `at ${percentSpread(runs.map(({ final }) => final.sparsity.global))} global and ` +
    `${percentSpread(runs.map(({ final }) => final.sparsity.meanLayer))} mean-layer sparsity. ` +
    `The unpruned network has ${percent(unprunedAccuracy(comparison))}.`
  );
}

const MAGNITUDES: readonly (readonly [BaselineName, string])[] = [
  ['magnitude-uniform', 'magnitude pruning with the same share of every layer'],
  ['magnitude-global', 'magnitude pruning with one threshold for all layers'],
];

/** Whether pruning the smallest weights, without any search, is better at the sparsity of the search. */
function againstMagnitude(comparison: PaperComparison, { method, runs }: Runs): readonly string[] {
  return MAGNITUDES.map(([baseline, name]) => {
    const points = runs.map((run) => matchedPoint(run, baseline));
    const accuracies = points.map((point) => decisive(point).accuracy);
    const difference = meanOf(accuracies) - meanOf(runs.map((run) => decisiveOf(run).accuracy));
    const meanLayer = (sparsities: readonly { readonly meanLayer: number }[]) =>
      percent(meanOf(sparsities.map((sparsity) => sparsity.meanLayer)));
    return (
      `At the same global sparsity as ${METHODS_IN_SENTENCE[method]}, ${name} has ` +
      `${percentSpread(accuracies)} ${accuracyName(comparison)}: ${comparedTo(difference, 'better', 'worse')} the search` +
      `${betterSeeds(runs, baseline)}. Its mean-layer sparsity is ${meanLayer(points.map(({ sparsity }) => sparsity))}, ` +
      `that of the search ${meanLayer(runs.map(({ final }) => final.sparsity))}.`
    );
  });
}

/** For how many seeds a baseline is better; nothing for one seed. */
function betterSeeds(runs: readonly PaperRun[], baseline: BaselineName): string {
  if (runs.length === 1) return '';
  const better = runs.filter(
    (run) => decisive(matchedPoint(run, baseline)).accuracy > decisiveOf(run).accuracy,
  );
  return `, better for ${count(better.length)} of ${count(runs.length)} seeds`;
}

function againstEachOther(first: Runs, second: Runs): string {
  const mean = ({ runs }: Runs, valueOf: (run: PaperRun) => number) => meanOf(runs.map(valueOf));
  const difference = (valueOf: (run: PaperRun) => number) => mean(second, valueOf) - mean(first, valueOf);
  const accuracy = difference((run) => decisiveOf(run).accuracy);
  const score = (group: Runs) =>
    fixed(
      mean(group, ({ tradeOff }) => tradeOff),
      4,
    );
  const time = (group: Runs) => duration(mean(group, ({ seconds }) => seconds));
  const [name, other] = [METHODS_IN_SENTENCE[second.method], METHODS_IN_SENTENCE[first.method]];
  return (
    `${capitalised(name)} has an accuracy ${comparedTo(accuracy, 'higher', 'lower')} ${other}, ` +
    `a global sparsity ${change(difference(({ final }) => final.sparsity.global))} and ` +
    `a mean-layer sparsity ${change(difference(({ final }) => final.sparsity.meanLayer))}; ` +
    `its trade-off score is ${score(second)} against ${score(first)}. ` +
    `A search took ${time(second)} against ${time(first)}.`
  );
}

/** "1.20 percentage points better than", of a difference of fractions. */
function comparedTo(difference: number, more: string, less: string): string {
  const text = pointsText(100 * difference);
  return text === undefined ? 'the same as' : `${text} ${difference > 0 ? more : less} than`;
}

/** "1.20 percentage points higher", of a difference of fractions. */
function change(difference: number): string {
  const text = pointsText(100 * difference);
  return text === undefined ? 'that is the same' : `${text} ${difference > 0 ? 'higher' : 'lower'}`;
}
