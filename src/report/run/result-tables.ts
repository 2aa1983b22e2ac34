/** The tables of a result's figures. */
import {
  bytes,
  count,
  counted,
  duration,
  fixed,
  inWords,
  parameter,
  percent,
  significant,
} from '../text/numbers.ts';
import type { FrontPoint, KernelCheck, PruneResult, ResultDevice } from './result.ts';
import { table } from '../html/table.ts';
import { METHOD_NAMES } from '../text/words.ts';
import type { Html } from '../html/html.ts';

/** The unpruned and the pruned network side by side. */
export function scoreTable({ unpruned, final, validation, test, tradeOff }: PruneResult): Html {
  const scores = (images: string, before: typeof unpruned, after: typeof unpruned) => [
    [`Accuracy, ${images} images`, percent(before.accuracy), percent(after.accuracy)],
    [`Loss, ${images} images (nats)`, fixed(before.loss, 4), fixed(after.loss, 4)],
  ];
  const { global, meanLayer } = final.sparsity;
  return table({
    caption: 'The network before and after pruning',
    columns: [{ name: 'Measure' }, { name: 'Unpruned', numeric: true }, { name: 'Pruned', numeric: true }],
    rows: [
      ...(test ? scores('test', test.unpruned, test.pruned) : []),
      ...(validation ? scores('validation', validation.unpruned, validation.pruned) : []),
      ...scores(validation ? 'tuning' : 'search', unpruned, final),
      ['Mean-layer sparsity', percent(0), percent(meanLayer)],
      ['Global sparsity', percent(0), percent(global)],
      ['Trade-off score', fixed(0, 4), fixed(tradeOff, 4)],
    ],
  });
}

/** What ran where. */
export function runTable(result: PruneResult): Html {
  const { method, preset, seed, model, images, validation, split, device, seconds, check, completed } =
    result;
  return table({
    caption: 'The search',
    columns: [{ name: 'Property' }, { name: 'Value' }],
    rows: [
      ['Method', METHOD_NAMES[method]],
      ['Preset, seed', `${preset}, seed ${seed}`],
      ['Model', model],
      [
        'Images',
        `${count(images)}${validation ? `, and ${count(validation.images)} to choose by` : ''}, split “${split}”`,
      ],
      ['Time', `${duration(seconds)}${completed ? '' : ', interrupted'}`],
      ['Device', deviceText(device)],
      ['WebGPU check', check ? checkText(check) : 'not made'],
    ],
  });
}

const deviceKinds = { webgpu: 'WebGPU', wasm: 'WebAssembly', reference: 'float64 reference' } as const;

/** The kind of device and what its driver calls it. */
export function deviceText({ kind, vendor, architecture, description }: ResultDevice): string {
  const adapter = [vendor, architecture, description].filter((text) => text !== '').join(', ');
  return adapter === '' ? deviceKinds[kind] : `${deviceKinds[kind]}: ${adapter}`;
}

function checkText({ adapter, software, images, loss, referenceLoss, accuracy }: KernelCheck): string {
  const difference = Math.abs(loss - referenceLoss);
  return [
    `loss ${fixed(loss, 6)} against ${fixed(referenceLoss, 6)} nats (${significant(difference, 2)} apart)`,
    ...(accuracy === undefined ? [] : [`accuracy ${percent(accuracy)}`]),
    counted(images, 'image'),
    `on ${adapter}${software ? ', a GPU emulated in software' : ''}`,
  ].join('; ');
}

/** A parameter's value; of `layers`, "all" where it names all of them. */
export function parameterText(
  name: string,
  value: number | string | boolean,
  layers: readonly { readonly name: string }[],
): string {
  if (name !== 'layers') return parameter(value);
  const names = String(value).split(',');
  return names.length === layers.length ? 'all' : names.join(', ');
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
      ['… of a search without shortcuts', inWords(plainMacs)],
      ...(macs > 0 ? [['… saved by the shortcuts', `factor ${fixed(plainMacs / macs, 2)}`]] : []),
      ['Rounds', count(work.rounds)],
      ['Uploaded to the device', bytes(work.uploadedBytes)],
      ['Final cost', significant(final.cost, 6)],
    ],
  });
}

/** The states between which one may choose; the result is marked. */
export function frontTable({ test }: PruneResult, front: readonly FrontPoint[]): Html {
  return table({
    caption: 'Losses in nats; front.csv has every digit, and front.safetensors the masks by these numbers',
    columns: [
      { name: 'Point' },
      { name: 'Global sparsity', numeric: true },
      { name: 'Loss, tuning', numeric: true },
      { name: 'Loss, validation', numeric: true },
      ...(test ? [{ name: 'Loss, test', numeric: true }] : []),
      { name: 'Accuracy, validation', numeric: true },
      ...(test ? [{ name: 'Accuracy, test', numeric: true }] : []),
    ],
    rows: front.map((point, i) => [
      `${i}${point.final ? ' (result)' : ''}`,
      percent(point.sparsity.global),
      fixed(point.search.loss, 4),
      fixed(point.validation.loss, 4),
      ...(test ? [fixed(point.test!.loss, 4)] : []),
      percent(point.validation.accuracy),
      ...(test ? [percent(point.test!.accuracy)] : []),
    ]),
  });
}
