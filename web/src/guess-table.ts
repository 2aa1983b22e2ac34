/** What both networks take a drawing for. */
import { byId, create } from './dom.ts';
import { likeliest, withArticle } from './digit-list.ts';
import type { Probabilities } from './protocol.ts';

const CLASSES = 10;

export class GuessTable {
  readonly #text = byId('guess', HTMLParagraphElement);
  readonly #nothingDrawn = this.#text.textContent;
  readonly #rows = Array.from({ length: CLASSES }, (_, digit) => {
    const full = create('td', { class: 'number' }, '–');
    const pruned = create('td', { class: 'number' }, '–');
    return { row: create('tr', {}, create('th', { scope: 'row' }, `${digit}`), full, pruned), full, pruned };
  });

  constructor() {
    byId('guesses', HTMLTableElement).tBodies[0]!.replaceChildren(...this.#rows.map(({ row }) => row));
  }

  clear(): void {
    for (const { full, pruned } of this.#rows) {
      write(full, '–', false);
      write(pruned, '–', false);
    }
    this.#text.textContent = this.#nothingDrawn;
  }

  show(full: Probabilities, pruned: Probabilities): void {
    const [ofFull, ofPruned] = [likeliest(full), likeliest(pruned)];
    this.#rows.forEach((row, digit) => {
      write(row.full, inPercent(full[digit]!), digit === ofFull);
      write(row.pruned, inPercent(pruned[digit]!), digit === ofPruned);
    });
    this.#text.textContent =
      ofFull === ofPruned
        ? `Both networks see ${withArticle(ofFull)}.`
        : `The full network sees ${withArticle(ofFull)}, the pruned one ${withArticle(ofPruned)}.`;
  }
}

const inPercent = (probability: number) => (100 * probability).toFixed(1);

function write(cell: HTMLElement, text: string, chosen: boolean): void {
  cell.textContent = text;
  cell.classList.toggle('chosen', chosen);
}
