/** A table per kernel: a row for every planned case, filled when it is done, so that nothing moves meanwhile. */
import {
  caseCells,
  casesLeftOut,
  casesNotVerified,
  type CaseLabel,
  type CaseResult,
} from 'masksearch/browser';
import { byId, create } from '../dom.ts';

type Left = Parameters<typeof casesLeftOut>[0];

/** Columns that are no numbers. */
const NAME = 0;

export class KernelTables {
  readonly #place = byId('tables', HTMLElement);
  readonly #template = byId('table-template', HTMLTemplateElement);
  readonly #wrong = byId('not-verified', HTMLElement);
  readonly #leftOut = byId('left-out', HTMLElement);
  readonly #leftOutList = byId('left-out-list', HTMLElement);
  #rows = new Map<string, HTMLTableRowElement>();

  /** Shows cases that are or are not done, and nothing else. */
  show(cases: readonly (CaseLabel & Partial<CaseResult>)[], left: Left): void {
    this.clear();
    for (const kernel of new Set(cases.map((one) => one.kernel))) {
      const copy = this.#template.content.cloneNode(true) as DocumentFragment;
      copy.querySelector('caption')!.textContent = kernel;
      copy.querySelector('.scroll')!.setAttribute('aria-label', `Results of ${kernel}`);
      const body = copy.querySelector('tbody')!;
      for (const one of cases.filter((other) => other.kernel === kernel)) {
        const row = create('tr');
        this.#rows.set(keyOf(one), row);
        fill(row, one);
        body.append(row);
      }
      this.#place.append(copy);
    }
    for (const one of cases) if (isWrong(one)) this.#addWrong(one);
    const lines = casesLeftOut(left);
    this.#leftOut.hidden = lines.length === 0;
    this.#leftOutList.append(...lines.map((line) => create('li', {}, line)));
  }

  add(result: CaseResult): void {
    fill(this.#rows.get(keyOf(result))!, result);
    if (isWrong(result)) this.#addWrong(result);
  }

  clear(): void {
    for (const list of [this.#place, this.#wrong, this.#leftOutList]) list.replaceChildren();
    this.#wrong.hidden = true;
    this.#leftOut.hidden = true;
    this.#rows = new Map();
  }

  #addWrong(result: CaseResult): void {
    const [line] = casesNotVerified({ cases: [result] });
    this.#wrong.append(create('li', {}, `${line}; please report it, with the results as JSON.`));
    this.#wrong.hidden = false;
  }
}

const isWrong = (one: Partial<CaseResult>): one is CaseResult => one.verified === false;

const keyOf = ({ shape, density, candidates }: CaseLabel) => `${shape} ${density} ${candidates}`;

function fill(row: HTMLTableRowElement, one: CaseLabel & Partial<CaseResult>): void {
  row.replaceChildren(
    ...caseCells(one).map((text, column) =>
      column === NAME
        ? create('th', { scope: 'row' }, text)
        : create('td', { class: text === 'wrong' ? 'number kernels-wrong' : 'number' }, text),
    ),
  );
}
