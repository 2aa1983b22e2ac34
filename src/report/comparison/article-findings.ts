/** What a comparison found, in sentences computed from its figures. */
import {
  accuracyName,
  decisive,
  decisiveOf,
  isPartial,
  matchedTo,
  meanOf,
  methodsOf,
  percentSpread,
  searchedLayers,
  type MatchedBaseline,
  type MethodRuns,
} from './article-figures.ts';
import type { BaselineName, Comparison } from './article.ts';
import { count, counted, duration, fixed, percent } from '../text/numbers.ts';
import { BASELINE_DEVIATION, METHODS_IN_SENTENCE } from '../text/words.ts';

/** Both searches in one line. */
export function headlineOf(comparison: Comparison): string {
  const outcomes = methodsOf(comparison).map(({ method, runs }, i) => {
    const sparsity = percent(meanOf(runs.map(({ final }) => final.sparsity.global)));
    const accuracy = percent(meanOf(runs.map((run) => decisiveOf(run).accuracy)));
    const [name, said] = [METHODS_IN_SENTENCE[method], i > 0];
    return said
      ? `${name} ${sparsity} at ${accuracy}`
      : `${name} pruned ${sparsity} of the weights at ${accuracy} ${accuracyName(comparison)}`;
  });
  return capitalised(outcomes.join(', '));
}

/** What was compared, on what. */
export function setupOf(comparison: Comparison): string {
  const { seeds, preset, layers, images, split, testImages, heldOut } = comparison;
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const names = methodsOf(comparison).map(({ method }) => METHODS_IN_SENTENCE[method]);
  return [
    `${capitalised(names.join(' and '))} searched masks for the same network (${counted(layers.length, 'layer')}, ` +
      `${counted(weights, 'weight')}) with preset “${preset}” and ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}.`,
    `Masks were evaluated by their loss on ${counted(images, 'image')} (split “${split}”).`,
    ...(heldOut ? [`The ${counted(testImages, 'test image')} played no part in the search.`] : []),
    'Magnitude pruning and the other baselines search nothing: they were put on the same network at the same sparsity.',
    ...(isPartial(comparison)
      ? [`The searches pruned ${searchedLayers(comparison).join(', ')} alone, the baselines all layers.`]
      : []),
  ].join(' ');
}

/** What came out, one sentence or a few for each point. */
export function findingsOf(comparison: Comparison): readonly string[] {
  const methods = methodsOf(comparison);
  return [
    ...methods.map((group) => outcome(comparison, group)),
    ...methods.flatMap((group) => againstMagnitude(comparison, group)),
    ...(methods.length === 2 ? [againstEachOther(methods[0]!, methods[1]!)] : []),
    comparison.seeds.length === 1
      ? 'There is one run of each search: how far another seed would end from it is not known.'
      : `Figures with ± are means over ${count(comparison.seeds.length)} seeds with the sample standard deviation; ` +
        `${BASELINE_DEVIATION}.`,
  ];
}

function outcome(comparison: Comparison, { method, runs }: MethodRuns): string {
  const accuracies = runs.map((run) => decisiveOf(run).accuracy);
  const unpruned = decisive(comparison.unpruned).accuracy;
  return (
    `${capitalised(METHODS_IN_SENTENCE[method])}: ${percentSpread(accuracies)} ${accuracyName(comparison)} ` +
    `at ${percentSpread(runs.map(({ final }) => final.sparsity.global))} global and ` +
    `${percentSpread(runs.map(({ final }) => final.sparsity.meanLayer))} mean-layer sparsity. ` +
    `The unpruned network has ${percent(unpruned)}.`
  );
}

const magnitudes: Readonly<Partial<Record<BaselineName, string>>> = {
  'magnitude-global': 'magnitude pruning with one threshold for all layers',
  'magnitude-uniform': 'magnitude pruning with the same share of every layer',
};

/** Whether pruning the smallest weights, without any search, does better at the sparsity that the search ended with. */
function againstMagnitude(comparison: Comparison, group: MethodRuns): readonly string[] {
  return matchedTo(comparison, group.method)
    .filter(({ baseline }) => baseline in magnitudes)
    .map(({ baseline, points }) => {
      const accuracies = points.map((point) => decisive(point).accuracy);
      const difference = meanOf(accuracies) - meanOf(group.runs.map((run) => decisiveOf(run).accuracy));
      const meanLayer = (sparsities: readonly { meanLayer: number }[]) =>
        percent(meanOf(sparsities.map((sparsity) => sparsity.meanLayer)));
      return (
        `At the same global sparsity as ${METHODS_IN_SENTENCE[group.method]}, ${magnitudes[baseline]} has ` +
        `${percentSpread(accuracies)} ${accuracyName(comparison)}: ${comparedTo(difference, 'better', 'worse')} the search` +
        `${seedCount(group, points)}. Its mean-layer sparsity is ${meanLayer(points.map(({ sparsity }) => sparsity))}, ` +
        `that of the search ${meanLayer(group.runs.map(({ final }) => final.sparsity))}.`
      );
    });
}

/** In how many seeds a baseline is better; nothing for one seed. */
function seedCount({ runs }: MethodRuns, points: MatchedBaseline['points']): string {
  if (runs.length === 1) return '';
  const better = runs.filter((run) => {
    const point = points.find(({ seed }) => seed === run.seed);
    return point !== undefined && decisive(point).accuracy > decisiveOf(run).accuracy;
  });
  return `, better for ${count(better.length)} of ${count(runs.length)} seeds`;
}

function againstEachOther(first: MethodRuns, second: MethodRuns): string {
  const mean = (group: MethodRuns, valueOf: (run: MethodRuns['runs'][number]) => number) =>
    meanOf(group.runs.map(valueOf));
  const difference = (valueOf: (run: MethodRuns['runs'][number]) => number) =>
    mean(second, valueOf) - mean(first, valueOf);
  const score = (group: MethodRuns) =>
    fixed(
      mean(group, ({ tradeOff }) => tradeOff),
      4,
    );
  const seconds = (group: MethodRuns) => duration(mean(group, (run) => run.seconds));
  return (
    `${capitalised(METHODS_IN_SENTENCE[second.method])} has an accuracy ${comparedTo(
      difference((run) => decisiveOf(run).accuracy),
      'higher',
      'lower',
    )} ${METHODS_IN_SENTENCE[first.method]}, ` +
    `a global sparsity ${change(difference(({ final }) => final.sparsity.global))} and ` +
    `a mean-layer sparsity ${change(difference(({ final }) => final.sparsity.meanLayer))}; ` +
    `its trade-off score is ${score(second)} against ${score(first)}. ` +
    `A search took ${seconds(second)} against ${seconds(first)}.`
  );
}

/** "1.20 percentage points better than", of a difference of fractions. */
function comparedTo(difference: number, more: string, less: string): string {
  const text = points(difference);
  return text === undefined ? 'the same as' : `${text} ${difference > 0 ? more : less} than`;
}

function change(difference: number): string {
  const text = points(difference);
  return text === undefined ? 'that is the same' : `${text} ${difference > 0 ? 'higher' : 'lower'}`;
}

/** The size of a difference of fractions; undefined where it is 0 in the digits shown. */
function points(difference: number): string | undefined {
  const text = fixed(Math.abs(100 * difference), 2);
  return text === '0.00' ? undefined : `${text}\u00a0percentage points`;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
