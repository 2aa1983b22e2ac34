/** The result of a run, and its files. */
import type { PruneResult, RunFiles } from 'masksearch/browser';
import { byId, create } from '../dom.ts';
import { bytes, count, fixed, measures, percent } from '../words.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  json: 'application/json',
  html: 'text/html',
  safetensors: 'application/octet-stream',
  onnx: 'application/octet-stream',
};

/** Files with other names lie beside the pruned model. */
const CONTENTS: Readonly<Record<string, string>> = {
  'masks.safetensors': 'the masks, 1 = keep',
  'report.html': 'tables and charts',
  'result.json': 'all figures',
  'history.csv': 'every accepted step',
  'front.csv': 'the points of the front',
  'front.safetensors': 'their masks',
};

export class Outcome {
  readonly #element = byId('outcome', HTMLDivElement);
  readonly #placeholder = byId('no-result', HTMLParagraphElement);
  #urls: readonly string[] = [];

  clear(): void {
    for (const url of this.#urls) URL.revokeObjectURL(url);
    this.#urls = [];
    this.#element.replaceChildren();
    this.#element.hidden = true;
    this.#placeholder.hidden = false;
  }

  /** The files that hold what was found, before it is evaluated. */
  showFiles(files: RunFiles): void {
    this.clear();
    this.#element.append(
      create(
        'p',
        {},
        'What the search has found. It is not evaluated yet on images that the search has not seen.',
      ),
      this.#downloads(files),
    );
    this.#element.hidden = false;
    this.#placeholder.hidden = true;
  }

  show(result: PruneResult, files: RunFiles): void {
    this.clear();
    this.#element.append(headline(result), scores(result), figures(result), this.#downloads(files));
    this.#element.hidden = false;
    this.#placeholder.hidden = true;
  }

  #downloads(files: RunFiles): HTMLElement {
    const known = Object.keys(CONTENTS).filter((name) => files[name] !== undefined);
    const others = Object.keys(files).filter((name) => !known.includes(name));
    const isMain = (name: string) => name.startsWith('pruned.');
    const beside = [...others.filter(isMain), ...others.filter((name) => !isMain(name))];
    const links = [...known.slice(0, 1), ...beside, ...known.slice(1)].map((name) => {
      const type = MEDIA_TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? MEDIA_TYPES['safetensors']!;
      const blob = new Blob([files[name] as string | Uint8Array<ArrayBuffer>], { type });
      const url = URL.createObjectURL(blob);
      this.#urls = [...this.#urls, url];
      const link = create('a', { href: url, download: name }, name);
      const contents =
        CONTENTS[name] ??
        (isMain(name) ? 'the pruned model' : 'weights of the pruned model: keep it beside it');
      return create('li', {}, link, ` ${contents}, ${bytes(blob.size)}`);
    });
    return create('div', {}, create('h3', {}, 'Download'), create('ul', { class: 'files' }, ...links));
  }
}

function headline({ task, final, test, unpruned, validation, completed }: PruneResult): HTMLElement {
  const [before, after] = test ? [test.unpruned, test.pruned] : [unpruned, final];
  const where = test ? 'on test images' : 'on the tuning images';
  const [{ name, unit, valueOf, textOf }] = measures(task);
  const drop = valueOf(before) - valueOf(after);
  const change =
    unit === '%'
      ? `, ${fixed(Math.abs(drop), 2)} points of ${name} ${drop < 0 ? 'gained' : 'lost'} ${where}.`
      : `, ${name} from ${textOf(before)} to ${textOf(after)} ${where}.`;
  return create(
    'p',
    {},
    create('strong', {}, `${percent(final.sparsity.global)} of the weights pruned`),
    change,
    ...(validation && test ? [' A goal in accuracy or loss is met on the validation images.'] : []),
    ...(completed ? [] : [' Stopped: this is the best that was found until then.']),
  );
}

function scores({ task, images, validation, test, unpruned, final }: PruneResult): HTMLElement {
  const [quality, loss] = measures(task);
  const parts = [
    [`tuning (${count(images)})`, { unpruned, pruned: final }],
    [`validation (${count(validation?.images ?? 0)})`, validation],
    ['test, never searched on', test],
  ] as const;
  const cell = (text: string) => create('td', { class: 'number' }, text);
  const rows = parts.flatMap(([name, part]) =>
    part
      ? [
          create(
            'tr',
            {},
            create('th', { scope: 'row' }, name),
            cell(quality.textOf(part.unpruned)),
            cell(quality.textOf(part.pruned)),
            cell(loss.textOf(part.unpruned)),
            cell(loss.textOf(part.pruned)),
          ),
        ]
      : [],
  );
  const columns = [quality, loss].flatMap(({ name }) => [`${name}, unpruned`, `${name}, pruned`]);
  const head = ['Images', ...columns].map((name, i) =>
    create('th', { scope: 'col', ...(i > 0 && { class: 'number' }) }, name),
  );
  const table = create(
    'table',
    {},
    create('caption', {}, 'Before and after'),
    create('thead', {}, create('tr', {}, ...head)),
    create('tbody', {}, ...rows),
  );
  // Can have the focus, so that it can be scrolled by keys.
  return create(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Before and after' },
    table,
  );
}

function figures({ seconds, work, digest, device, check }: PruneResult): HTMLElement {
  const saved = fixed(work.plainMacs / work.macs, 1);
  const kernels = check
    ? ` The WebGPU kernels (${check.adapter}) give a loss of ${check.loss.toPrecision(6)} on ${count(check.images)} images; in float64 it is ${check.referenceLoss.toPrecision(6)}.`
    : '';
  return create(
    'p',
    { class: 'note' },
    `${count(work.candidates)} evaluations in ${fixed(seconds, 1)} s on ${device.description || device.kind}, ${saved} times less work than without optimizations.${kernels} Digest `,
    create('code', { id: 'digest' }, digest),
  );
}
