import { join } from 'node:path';
import type { PruneResult } from '../../report/run/result.ts';
import { duration, nats, percent, table } from './format.ts';

/** What a run found, for a terminal. */
export function summarize(result: PruneResult, folder: string): string {
  const {
    unpruned,
    final,
    validation,
    test,
    images,
    split,
    seconds,
    work,
    digest,
    tradeOff,
    completed,
    check,
  } = result;
  const { sparsity } = final;
  const rows = [
    ['', 'unpruned', 'pruned'],
    [
      `accuracy, ${split} (${images} images${validation ? ' tuned on' : ''})`,
      percent(unpruned.accuracy),
      percent(final.accuracy),
    ],
    [`loss, ${split}`, nats(unpruned.loss), nats(final.loss)],
    ...(validation
      ? [
          [
            `accuracy, validation (${validation.images} images)`,
            percent(validation.unpruned.accuracy),
            percent(validation.pruned.accuracy),
          ],
          ['loss, validation', nats(validation.unpruned.loss), nats(validation.pruned.loss)],
        ]
      : []),
    ...(test
      ? [
          [
            'accuracy, test (never searched on)',
            percent(test.unpruned.accuracy),
            percent(test.pruned.accuracy),
          ],
          ['loss, test', nats(test.unpruned.loss), nats(test.pruned.loss)],
        ]
      : []),
    ['sparsity, mean over layers', percent(0), percent(sparsity.meanLayer)],
    ['sparsity, of all weights', percent(0), percent(sparsity.global)],
  ];
  const perLayer = result.layers.map(({ name }, i) => `${name} ${percent(sparsity.perLayer[i]!, 1)}`);
  return [
    ...(completed ? [] : ['The search was interrupted; this is the best it had found.', '']),
    table(rows),
    '',
    `Per layer      ${perLayer.join(', ')}`,
    `Trade-off      ${tradeOff.toFixed(4)} (mean-layer sparsity x accuracy kept${test ? ', on the test split' : ''})`,
    `Time           ${duration(seconds)} for ${work.candidates} evaluations, ` +
      `${(work.plainMacs / work.macs).toFixed(2)} times less work than without reuse`,
    `Kernel check   ${describeCheck(check)}`,
    ...(test ? [] : ['Test figures   none: the search has seen the test images']),
    `Digest         ${digest}`,
    ...(result.front && result.front.length > 1
      ? [`Front          ${result.front.length} states, for masksearch pick ${folder} --at …`]
      : []),
    `Report         ${join(folder, 'report.html')}`,
  ].join('\n');
}

function describeCheck(check: PruneResult['check']): string {
  if (!check) return 'not done: there is no WebGPU adapter, hardware or software';
  const { adapter, software, images, loss, referenceLoss } = check;
  const difference = Math.abs(loss - referenceLoss) / referenceLoss;
  return (
    `loss ${loss.toFixed(7)} on WebGPU, ${referenceLoss.toFixed(7)} in float64, ${difference.toExponential(1)} apart` +
    `\n               (${images} images, ${software ? 'software adapter ' : ''}${adapter})`
  );
}
