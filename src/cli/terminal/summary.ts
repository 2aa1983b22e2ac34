import { join } from 'node:path';
import { relativeDifference } from '../../pruning/evaluation/kernel-check.ts';
import type { Pruned } from '../../pruning/prune-model.ts';
import type { KernelCheck, PruneResult } from '../../report/run/result.ts';
import { notableClasses } from '../../report/run/classes.ts';
import type { Score } from '../../search/contract.ts';
import { aucNote } from '../../report/run/auc-note.ts';
import { repairNote } from '../../report/run/repair-note.ts';
import { targetsNote } from '../../report/run/targets-note.ts';
import { nothingPruned } from '../../report/run/nothing-pruned.ts';
import { measuresOf } from '../../report/text/measures.ts';
import { duration, fixed, percent, shortened, table } from './format.ts';
import { spellOptions } from './sentence.ts';

/** Layers, and classes, that are named. */
const MAX_LAYERS = 10;
const MAX_CLASSES = 3;

interface SummaryOptions {
  /** Folder of the run. */
  readonly folder: string;
  readonly kernelCheck: Pruned['kernelCheck'];
  /** Whether the check was asked for. */
  readonly checkAsked: boolean;
}

/** What a run found, for a terminal. */
export function summarize(result: PruneResult, options: SummaryOptions): string {
  const { unpruned, final, validation, test, images, split, work, completed, front } = result;
  const { sparsity } = final;
  const before = result.alreadyPruned?.sparsity;
  const saved = fixed(work.plainMacs / work.macs, 2);
  const set = validation ? 'tuning' : split;
  const nothing = nothingPruned(result);
  const tuned = result.repair?.split ?? split;
  const of = validation && tuned !== 'search' ? ` of the ${tuned} split` : '';
  return [
    ...(completed ? [] : ['The search was interrupted; this is the best it had found.', '']),
    table([
      ['', 'unpruned', 'pruned'],
      ...scoreRows(result, set, `(${images} images${of})`, { unpruned, pruned: final }),
      ...scoreRows(result, 'validation', `(${validation?.images} images)`, validation),
      ...scoreRows(result, 'test', '(never searched on)', test),
      ...(test?.auc ? [['AUC, test', fixed(test.auc.unpruned, 4), fixed(test.auc.pruned, 4)]] : []),
      ['sparsity, mean over layers', percent(before?.meanLayer ?? 0), percent(sparsity.meanLayer)],
      ['sparsity, of all weights', percent(before?.global ?? 0), percent(sparsity.global)],
    ]),
    '',
    ...(nothing ? [spellOptions(nothing), ''] : []),
    `Per layer      ${layersText(result)}`,
    ...tradeOffLine(result),
    `Time           ${duration(result.seconds)} for ${work.candidates} evaluations, ${saved} times less work than without optimizations`,
    `Kernel check   ${result.check ? describeCheck(result.check) : whyNotChecked(options)}`,
    ...classesLine(result),
    ...(aucNote(result) === '' ? [] : [`AUC            ${aucNote(result)}`]),
    ...(repairNote(result, percent) === '' ? [] : [`Repair         ${repairNote(result, percent)}`]),
    ...(targetsNote(result) === '' ? [] : [`Targets        ${targetsNote(result)}`]),
    ...(test ? [] : ['Test figures   none: the search has seen the test images']),
    `Digest         ${result.digest}`,
    ...(front && front.length > 1
      ? [`Front          ${front.length} points, for masksearch pick ${options.folder} --at …`]
      : []),
    ...(result.budget?.command === undefined ? [] : [`Repeat         ${result.budget.command}`]),
    `Report         ${join(options.folder, 'report.html')}`,
  ].join('\n');
}

function tradeOffLine({ tradeOff, test }: PruneResult): readonly string[] {
  if (tradeOff === undefined) return [];
  const where = test ? ', on the test split' : '';
  return [`Trade-off      ${fixed(tradeOff, 4)} (mean-layer sparsity x accuracy kept${where})`];
}

/** The sparsity of each layer; of many, the least and the most pruned. */
function layersText({ layers, final }: PruneResult): string {
  const sparsities = final.sparsity.perLayer;
  const text = (layer: number) => `${shortened(layers[layer]!.name, 32)} ${percent(sparsities[layer]!, 1)}`;
  const all = [...layers.keys()];
  if (all.length <= MAX_LAYERS) return all.map(text).join(', ');
  const rising = all.toSorted((a, b) => sparsities[a]! - sparsities[b]!);
  return `${all.length} layers, from ${text(rising[0]!)} to ${text(rising.at(-1)!)}; the report lists all`;
}

/** Names the classes that lost most, if any did; on one line. */
function classesLine(result: PruneResult): readonly string[] {
  const notable = notableClasses(result);
  if (notable.length === 0) return [];
  const named = notable
    .slice(0, MAX_CLASSES)
    .map((one) => `${shortened(one.name, 24)} (${percent(one.unpruned, 1)} to ${percent(one.pruned, 1)})`);
  const more = notable.length > named.length ? `, and ${notable.length - named.length} more` : '';
  return [`Lost most      class ${named.join(', ')}${more}`];
}

/** Accuracy, or what the network has in its place, and loss on a set of images, before and after; none without such images. */
function scoreRows(
  { task }: Pick<PruneResult, 'task'>,
  set: string,
  which: string,
  scores: { readonly unpruned: Score; readonly pruned: Score } | undefined,
): readonly (readonly string[])[] {
  if (!scores) return [];
  const { unpruned, pruned } = scores;
  const [quality, loss] = measuresOf(task, percent);
  return [
    [`${quality.name}, ${set} ${which}`, quality.textOf(unpruned), quality.textOf(pruned)],
    [
      `loss${task === 'regression' ? ` (${loss.unit})` : ''}, ${set}`,
      loss.textOf(unpruned),
      loss.textOf(pruned),
    ],
  ];
}

function describeCheck(check: KernelCheck): string {
  const { adapter, software, images, loss, referenceLoss } = check;
  return (
    `loss ${fixed(loss, 7)} on WebGPU, ${fixed(referenceLoss, 7)} in float64, ` +
    `relative difference ${relativeDifference(check).toExponential(1)}` +
    `\n               (${images} images, ${software ? 'software adapter ' : ''}${adapter})`
  );
}

function whyNotChecked({ kernelCheck, checkAsked }: SummaryOptions): string {
  if (kernelCheck === 'failed') return 'failed, see above';
  return checkAsked
    ? 'not done: there is no WebGPU adapter, hardware or software'
    : 'not done: there is no hardware GPU; --check does it on a software adapter, if there is one';
}
