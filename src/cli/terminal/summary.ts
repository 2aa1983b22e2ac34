import { join } from 'node:path';
import { relativeDifference } from '../../pruning/evaluation/kernel-check.ts';
import type { Pruned } from '../../pruning/prune-model.ts';
import type { KernelCheck, PruneResult } from '../../report/run/result.ts';
import type { Score } from '../../search/contract.ts';
import { measuresOf } from '../../report/text/measures.ts';
import { duration, fixed, percent, table } from './format.ts';

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
  const perLayer = result.layers.map(({ name }, i) => `${name} ${percent(sparsity.perLayer[i]!, 1)}`);
  const saved = fixed(work.plainMacs / work.macs, 2);
  const set = validation ? 'tuning' : split;
  const of = validation && split !== 'search' ? ` of the ${split} split` : '';
  return [
    ...(completed ? [] : ['The search was interrupted; this is the best it had found.', '']),
    table([
      ['', 'unpruned', 'pruned'],
      ...scoreRows(result, set, `(${images} images${of})`, { unpruned, pruned: final }),
      ...scoreRows(result, 'validation', `(${validation?.images} images)`, validation),
      ...scoreRows(result, 'test', '(never searched on)', test),
      ['sparsity, mean over layers', percent(0), percent(sparsity.meanLayer)],
      ['sparsity, of all weights', percent(0), percent(sparsity.global)],
    ]),
    '',
    `Per layer      ${perLayer.join(', ')}`,
    ...tradeOffLine(result),
    `Time           ${duration(result.seconds)} for ${work.candidates} evaluations, ${saved} times less work than without optimizations`,
    `Kernel check   ${result.check ? describeCheck(result.check) : whyNotChecked(options)}`,
    ...(test ? [] : ['Test figures   none: the search has seen the test images']),
    `Digest         ${result.digest}`,
    ...(front && front.length > 1
      ? [`Front          ${front.length} points, for masksearch pick ${options.folder} --at …`]
      : []),
    `Report         ${join(options.folder, 'report.html')}`,
  ].join('\n');
}

function tradeOffLine({ tradeOff, test }: PruneResult): readonly string[] {
  if (tradeOff === undefined) return [];
  const where = test ? ', on the test split' : '';
  return [`Trade-off      ${fixed(tradeOff, 4)} (mean-layer sparsity x accuracy kept${where})`];
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
