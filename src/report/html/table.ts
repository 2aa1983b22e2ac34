import { html, type Content, type Html } from './html.ts';

export interface Column {
  readonly name: string;
  /** Aligned at the right, in digits of one width. */
  readonly numeric?: boolean;
  /** Whether long values may take several lines, which others do not. */
  readonly wraps?: boolean;
}

type Row = readonly Content[];

export interface Table {
  /** Also the name of the box that the table scrolls in. */
  readonly caption: string;
  readonly columns: readonly Column[];
  /** The first cell of a row is its header. */
  readonly rows: readonly Row[];
  readonly total?: Row;
}

/** A table in a box of its own, so that a wide one does not widen the page. */
export function table({ caption, columns, rows, total }: Table): Html {
  const alignment = columns.map(
    ({ numeric, wraps }) => `${numeric ? 'number' : 'text'}${wraps ? ' wraps' : ''}`,
  );
  const head = columns.map(({ name }, i) => html`<th scope="col" class="${alignment[i]!}">${name}</th>`);
  const line = (row: Row) => {
    const cells = row.map((content, i) =>
      i === 0
        ? html`<th scope="row" class="${alignment[i]!}">${content}</th>`
        : html`<td class="${alignment[i]!}">${content}</td>`,
    );
    return html`<tr>
      ${cells}
    </tr> `;
  };
  const foot = total
    ? html`<tfoot>
        ${line(total)}
      </tfoot>`
    : '';
  // A box that scrolls must be reachable by keyboard, and what can be focused must have a name.
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        <span>${caption}</span>
      </caption>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${rows.map(line)}
      </tbody>
      ${foot}
    </table>
  </div> `;
}
