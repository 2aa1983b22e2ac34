/** Test images, each with the classes that the unpruned and the pruned network give it. */
import { byId, create, onSchemeChange } from '../dom.ts';
import type { Probabilities, Samples } from '../protocol.ts';
import { percent } from '../words.ts';
import { DIGIT_NAMES, likeliest, type ClassNames } from './class-names.ts';
import { SIDE } from './grey-image.ts';
import { drawPicture, sizeOf } from './picture.ts';

/** Before there are any: one of each digit. */
const DIGITS = 10;

const EMPTY: readonly Probabilities[] = [];

/** Pixels of a side beyond which a picture gets more room. */
const MAX_SMALL_SIDE = 32;

interface Item {
  readonly canvas: HTMLCanvasElement;
  readonly unpruned: HTMLSpanElement;
  readonly pruned: HTMLSpanElement;
}

export class SampleList {
  readonly #list = byId('digits', HTMLOListElement);
  readonly #title = byId('digits-title', HTMLHeadingElement);
  readonly #note = byId('digits-note', HTMLParagraphElement);
  readonly #ofDigits = { title: this.#title.textContent, note: this.#note.textContent };
  #items: readonly Item[] = [];
  #samples: Samples | undefined;
  #names: ClassNames = DIGIT_NAMES;
  #pruned = EMPTY;

  constructor() {
    this.#fill(Array.from({ length: DIGITS }, () => ({ width: SIDE, height: SIDE, name: undefined })));
    this.#write();
    onSchemeChange(() => this.#drawImages());
  }

  /** Shows samples, or the same for another model. */
  show(samples: Samples, names: ClassNames): void {
    const { labels, form } = samples;
    const { width, height } = sizeOf(samples);
    this.#samples = samples;
    this.#names = names;
    this.#pruned = EMPTY;
    const areDigits = names === DIGIT_NAMES;
    const isLike = areDigits && this.#items.length === labels.length && !this.#list.matches('.named');
    // The places of the digits stay, so that nothing moves.
    if (!isLike)
      this.#fill(labels.map((label) => ({ width, height, name: areDigits ? undefined : names.of(label) })));
    this.#list.classList.toggle('named', !areDigits);
    this.#list.classList.toggle('curves', form === 'curves');
    this.#list.classList.toggle('large', form !== 'curves' && Math.max(width, height) > MAX_SMALL_SIDE);
    this.#title.textContent = areDigits
      ? this.#ofDigits.title
      : form === 'curves'
        ? 'Test signals'
        : 'Test images';
    this.#note.textContent = areDigits ? this.#ofDigits.note : noteOf(samples);
    this.#drawImages();
    this.#write();
  }

  set pruned(pruned: readonly Probabilities[]) {
    this.#pruned = pruned;
    this.#write();
  }

  #fill(
    places: readonly {
      readonly width: number;
      readonly height: number;
      readonly name: string | undefined;
    }[],
  ): void {
    const line = (name: string, value: HTMLElement) => create('p', {}, `${name} `, value);
    this.#items = places.map(({ width, height }) => ({
      canvas: create('canvas', {
        width: `${width}`,
        height: `${height}`,
        role: 'img',
        'aria-label': 'a digit',
      }),
      unpruned: create('span'),
      pruned: create('span'),
    }));
    this.#list.replaceChildren(
      ...this.#items.map(({ canvas, unpruned, pruned }, i) => {
        const { name } = places[i]!;
        const truth = name === undefined ? [] : [create('p', { class: 'truth' }, name)];
        return create('li', {}, canvas, ...truth, line('unpruned', unpruned), line('pruned', pruned));
      }),
    );
  }

  #drawImages(): void {
    const samples = this.#samples;
    if (!samples) return;
    this.#items.forEach(({ canvas }, i) => {
      canvas.setAttribute('aria-label', this.#names.inSentence(samples.labels[i]!));
      drawPicture(canvas, samples, i);
    });
  }

  #write(): void {
    this.#items.forEach(({ unpruned, pruned }, i) => {
      const label = this.#samples?.labels[i];
      this.#writeGuess(unpruned, this.#samples?.unpruned[i], label);
      this.#writeGuess(pruned, this.#pruned[i], label);
    });
  }

  #writeGuess(
    element: HTMLElement,
    probabilities: Probabilities | undefined,
    label: number | undefined,
  ): void {
    if (!probabilities) {
      element.textContent = '–';
      return;
    }
    const guess = likeliest(probabilities);
    const right = guess === label;
    element.className = right ? 'right' : 'wrong';
    element.textContent = `${this.#names.of(guess)}${right ? '' : ' ×'}, ${percent(probabilities[guess]!, 0)}`;
  }
}

function noteOf({ form, channels }: Samples): string {
  const what = form === 'curves' ? 'signals' : 'images';
  const scale =
    form === 'curves' && channels > 1 ? ' There is a curve for each channel, on a scale of its own.' : '';
  return `The classes that the unpruned and the pruned network give them, with their probability; × marks a mistake. The ${what} are the first of each class in the test split.${scale}`;
}
