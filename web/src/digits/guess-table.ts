/** The outputs of both networks for a drawing. */
import { byId, create } from '../dom.ts';
import { fixed } from '../words.ts';
import { likeliest, withArticle } from './digit-list.ts';
import type { Probabilities } from '../protocol.ts';

const CLASSES = 10;

export class GuessTable {
  readonly #text = byId('guess', HTMLParagraphElement);
  readonly #nothingDrawn = this.#text.textContent;
  readonly #rows = Array.from({ length: CLASSES }, (_, digit) => {
    const unpruned = create('td', { class: 'number' }, '–');
    const pruned = create('td', { class: 'number' }, '–');
    return {
      row: create('tr', {}, create('th', { scope: 'row' }, `${digit}`), unpruned, pruned),
      unpruned,
      pruned,
    };
  });

  constructor() {
    byId('guesses', HTMLTableElement).tBodies[0]!.replaceChildren(...this.#rows.map(({ row }) => row));
  }

  clear(): void {
    for (const { unpruned, pruned } of this.#rows) {
      write(unpruned, '–', false);
      write(pruned, '–', false);
    }
    this.#text.textContent = this.#nothingDrawn;
  }

  show(unpruned: Probabilities, pruned: Probabilities): void {
    const [ofUnpruned, ofPruned] = [likeliest(unpruned), likeliest(pruned)];
    this.#rows.forEach((row, digit) => {
      write(row.unpruned, inPercent(unpruned[digit]!), digit === ofUnpruned);
      write(row.pruned, inPercent(pruned[digit]!), digit === ofPruned);
    });
    this.#text.textContent =
      ofUnpruned === ofPruned
        ? `Both networks see ${withArticle(ofUnpruned)}.`
        : `The unpruned network sees ${withArticle(ofUnpruned)}, the pruned one ${withArticle(ofPruned)}.`;
  }
}

const inPercent = (probability: number) => fixed(100 * probability, 1);

function write(cell: HTMLElement, text: string, chosen: boolean): void {
  cell.textContent = text;
  cell.classList.toggle('chosen', chosen);
}
