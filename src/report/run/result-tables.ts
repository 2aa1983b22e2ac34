/** The tables of a result's figures. */
import type { Html } from '../html/html.ts';
import { html } from '../html/html.ts';
import { layerLabel } from '../chart/layer-marks.ts';
import { numericColumns, table } from '../html/table.ts';
import {
  bytes,
  count,
  counted,
  duration,
  fixed,
  inWords,
  nats,
  percent,
  significant,
} from '../text/numbers.ts';
import { capitalized, measuresOf, withUnit, type Measure } from '../text/measures.ts';
import { deviceText, parameterText } from '../text/settings.ts';
import { searchName } from '../text/words.ts';
import type { FrontPoint, KernelCheck, PruneResult } from './result.ts';

/** The unpruned and the pruned network side by side. */
export function scoreTable(result: PruneResult): Html {
  const { task, unpruned, final, validation, test, tradeOff, alreadyPruned } = result;
  const [quality, lossOf] = measuresOf(task, percent);
  const scores = (images: string, before: typeof unpruned, after: typeof unpruned) => [
    [`${capitalized(quality.name)}, ${images} images`, quality.textOf(before), quality.textOf(after)],
    [withUnit(`Loss, ${images} images`, lossOf.unit), nats(before.loss), nats(after.loss)],
  ];
  const { global, meanLayer } = final.sparsity;
  return table({
    caption: 'The network before and after pruning',
    columns: [{ name: 'Measure' }, ...numericColumns(['Unpruned', 'Pruned'])],
    rows: [
      ...(test ? scores('test', test.unpruned, test.pruned) : []),
      ...(test?.auc ? [['AUC, test images', fixed(test.auc.unpruned, 4), fixed(test.auc.pruned, 4)]] : []),
      ...(validation ? scores('validation', validation.unpruned, validation.pruned) : []),
      ...scores('tuning', unpruned, final),
      ['Mean-layer sparsity', percent(alreadyPruned?.sparsity.meanLayer ?? 0), percent(meanLayer)],
      ['Global sparsity', percent(alreadyPruned?.sparsity.global ?? 0), percent(global)],
      ...(tradeOff === undefined ? [] : [['Trade-off score', fixed(0, 4), fixed(tradeOff, 4)]]),
    ],
  });
}

/** What was searched, where, and for how long. */
export function runTable(result: PruneResult): Html {
  const { preset, seed, model, from, images, validation, split, device, seconds, check, completed } = result;
  const imageCounts = [
    `${count(images)} tuning`,
    ...(validation ? [`${count(validation.images)} validation`] : []),
  ];
  return table({
    caption: 'The search',
    columns: [{ name: 'Property' }, { name: 'Value' }],
    rows: [
      ['Method', searchName(result)],
      ['Preset, seed', `${preset}, seed ${seed}`],
      ['Model', model],
      ...(from === undefined ? [] : [['Started from', from]]),
      ['Images', `${imageCounts.join(', ')}, split “${split}”`],
      ['Time', `${duration(seconds)}${completed ? '' : ', interrupted'}`],
      ['Device', deviceText(device)],
      ['WebGPU check', check ? checkText(check, measuresOf(result.task, percent)[1]) : 'not made'],
    ],
  });
}

function checkText(
  { adapter, software, images, loss, referenceLoss, accuracy }: KernelCheck,
  { unit }: Measure,
): string {
  const difference = Math.abs(loss - referenceLoss);
  return [
    `loss ${fixed(loss, 6)}${unit === 'nats' ? ' nats' : ''}, reference ${fixed(referenceLoss, 6)} (difference ${significant(difference, 2)})`,
    ...(accuracy === undefined ? [] : [`accuracy ${percent(accuracy)}`]),
    counted(images, 'image'),
    `on ${adapter}${software ? ', a GPU emulated in software' : ''}`,
  ].join('; ');
}

/** Weights of each layer, before and after. */
export function layersTable({ layers, final }: PruneResult): Html {
  const total = (valueOf: (layer: (typeof layers)[number]) => number) =>
    count(layers.reduce((sum, layer) => sum + valueOf(layer), 0));
  return table({
    caption: 'Weights of each layer, before and after',
    tall: true,
    columns: [{ name: 'Layer' }, { name: 'Shape' }, ...numericColumns(['Weights', 'Kept', 'Sparsity'])],
    rows: layers.map(({ name, shape, weights, kept }, i) => [
      layerLabel(i, name, layers.length),
      shape.join('×'),
      count(weights),
      count(kept),
      percent(final.sparsity.perLayer[i]!),
    ]),
    total: [
      'All',
      '',
      total(({ weights }) => weights),
      total(({ kept }) => kept),
      percent(final.sparsity.global),
    ],
  });
}

export function parametersTable({ preset, parameters, reading = {}, layers }: PruneResult): Html {
  const said = Object.entries(reading).map(([name, value]) => [name, [value].flat().join(', ')] as const);
  return table({
    caption: `Parameters of the search, preset “${preset}”${said.length > 0 ? ', and of the model' : ''}`,
    columns: [{ name: 'Parameter' }, { name: 'Value', numeric: true, wraps: true }],
    rows: [...Object.entries(parameters), ...said].map(([name, value]) => [
      html`<code>${name}</code>`,
      parameterText(name, value, layers),
    ]),
  });
}

/** What the evaluator did. */
export function workTable({ work, final }: PruneResult): Html {
  const { macs, plainMacs } = work;
  return table({
    caption: 'Work of the search',
    columns: [{ name: 'Count' }, { name: 'Value', numeric: true }],
    rows: [
      ['Candidates evaluated', count(work.candidates)],
      ['Forward passes', count(work.forwardPasses)],
      ['Images evaluated', count(work.imagesEvaluated)],
      ['Multiply-accumulates', inWords(macs)],
      ['… skipped as pruned', inWords(work.skippedMacs)],
      ['… without optimizations', inWords(plainMacs)],
      ...(macs > 0 ? [['… saved by optimizations', `factor ${fixed(plainMacs / macs, 2)}`]] : []),
      ['Rounds', count(work.rounds)],
      ['Uploaded to the device', bytes(work.uploadedBytes)],
      ['Final cost', significant(final.cost, 6)],
    ],
  });
}

/** The states of the front; the result is marked. */
export function frontTable({ task, test }: PruneResult, front: readonly FrontPoint[]): Html {
  const [quality, { unit }] = measuresOf(task, percent);
  const name = capitalized(quality.name);
  return table({
    caption: `Losses ${unit === 'nats' ? 'in nats' : `are ${unit}`}; front.csv has every digit, front.safetensors the masks under these numbers`,
    columns: [
      { name: 'Point' },
      ...numericColumns([
        'Global sparsity',
        'Loss, tuning',
        'Loss, validation',
        ...(test ? ['Loss, test'] : []),
        `${name}, validation`,
        ...(test ? [`${name}, test`] : []),
      ]),
    ],
    rows: front.map((point, i) => [
      `${i}${point.final ? ' (result)' : ''}`,
      percent(point.sparsity.global),
      nats(point.tuning.loss),
      nats(point.validation.loss),
      ...(test ? [nats(point.test!.loss)] : []),
      quality.textOf(point.validation),
      ...(test ? [quality.textOf(point.test!)] : []),
    ]),
  });
}
