/** Test digits, each with the classes that the unpruned and the pruned network give it. */
import { byId, create, onSchemeChange } from '../dom.ts';
import { drawImage, SIDE } from './grey-image.ts';
import type { Digits, Probabilities } from '../protocol.ts';
import { percent } from '../words.ts';

/** One of each class. */
const DIGITS = 10;

const EMPTY: readonly Probabilities[] = [];

export class DigitList {
  readonly #items = Array.from({ length: DIGITS }, () => ({
    canvas: create('canvas', { width: `${SIDE}`, height: `${SIDE}`, role: 'img', 'aria-label': 'a digit' }),
    unpruned: create('span'),
    pruned: create('span'),
  }));
  #digits: Digits | undefined;
  #pruned = EMPTY;

  constructor() {
    const line = (name: string, value: HTMLElement) => create('p', {}, `${name} `, value);
    byId('digits', HTMLOListElement).replaceChildren(
      ...this.#items.map(({ canvas, unpruned, pruned }) =>
        create('li', {}, canvas, line('unpruned', unpruned), line('pruned', pruned)),
      ),
    );
    this.#write();
    onSchemeChange(() => this.#drawImages());
  }

  /** Shows digits, or the same for another model. */
  show(digits: Digits): void {
    this.#digits = digits;
    this.#pruned = EMPTY;
    this.#drawImages();
    this.#write();
  }

  set pruned(pruned: readonly Probabilities[]) {
    this.#pruned = pruned;
    this.#write();
  }

  #drawImages(): void {
    const { pixels, labels } = this.#digits ?? {};
    if (!pixels || !labels) return;
    this.#items.forEach(({ canvas }, i) => {
      canvas.setAttribute('aria-label', withArticle(labels[i]!));
      drawImage(canvas, pixels.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
    });
  }

  #write(): void {
    this.#items.forEach(({ unpruned, pruned }, i) => {
      const label = this.#digits?.labels[i];
      writeGuess(unpruned, this.#digits?.unpruned[i], label);
      writeGuess(pruned, this.#pruned[i], label);
    });
  }
}

function writeGuess(
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
  element.textContent = `${guess}${right ? '' : ' ×'}, ${percent(probabilities[guess]!, 0)}`;
}

/** "a 7", "an 8". */
export function withArticle(digit: number): string {
  return `${digit === 8 ? 'an' : 'a'} ${digit}`;
}

export function likeliest(probabilities: Probabilities): number {
  return probabilities.indexOf(Math.max(...probabilities));
}
