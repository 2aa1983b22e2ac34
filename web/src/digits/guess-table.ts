/** The outputs of both networks for a drawing. */
import { byId, create } from '../dom.ts';
import { fixed } from '../words.ts';
import { DIGIT_NAMES, likeliest, type ClassNames } from './class-names.ts';
import type { Probabilities } from '../protocol.ts';

const DIGITS = 10;

interface Row {
  readonly unpruned: HTMLElement;
  readonly pruned: HTMLElement;
}

export class GuessTable {
  readonly #text = byId('guess', HTMLParagraphElement);
  readonly #nothingDrawn = this.#text.textContent;
  readonly #body = byId('guesses', HTMLTableElement).tBodies[0]!;
  #rows: readonly Row[] = [];
  #names: ClassNames = DIGIT_NAMES;

  constructor() {
    this.#fill(DIGITS);
  }

  /** Has a row for each of the classes. */
  show(classes: number, names: ClassNames): void {
    if (names === this.#names && classes === this.#rows.length) return;
    this.#names = names;
    this.#fill(classes);
    this.clear();
  }

  #fill(classes: number): void {
    const rows = Array.from({ length: classes }, (_, label) => {
      const unpruned = create('td', { class: 'number' }, '–');
      const pruned = create('td', { class: 'number' }, '–');
      const name = create('th', { scope: 'row' }, this.#names.of(label));
      return { row: create('tr', {}, name, unpruned, pruned), unpruned, pruned };
    });
    this.#rows = rows;
    this.#body.replaceChildren(...rows.map(({ row }) => row));
  }

  clear(): void {
    for (const { unpruned, pruned } of this.#rows) {
      write(unpruned, '–', false);
      write(pruned, '–', false);
    }
    this.#text.textContent = this.#nothingDrawn;
  }

  write(unpruned: Probabilities, pruned: Probabilities): void {
    const [ofUnpruned, ofPruned] = [likeliest(unpruned), likeliest(pruned)];
    this.#rows.forEach((row, label) => {
      write(row.unpruned, inPercent(unpruned[label]!), label === ofUnpruned);
      write(row.pruned, inPercent(pruned[label]!), label === ofPruned);
    });
    const [first, second] = [ofUnpruned, ofPruned].map((label) => this.#names.inSentence(label));
    this.#text.textContent =
      ofUnpruned === ofPruned
        ? `Both networks see ${first}.`
        : `The unpruned network sees ${first}, the pruned one ${second}.`;
  }
}

const inPercent = (probability: number) => fixed(100 * probability, 1);

function write(cell: HTMLElement, text: string, chosen: boolean): void {
  cell.textContent = text;
  cell.classList.toggle('chosen', chosen);
}
