import { html, type Content, type Html } from './html.ts';

export interface Column {
  readonly name: string;
  /** Aligned right, with digits of equal width. */
  readonly numeric?: boolean;
  /** Whether values may be broken over lines. */
  readonly wraps?: boolean;
}

type Row = readonly Content[];

/** A table; the first cell of a row is its header. */
export interface Table {
  /** Also the accessible name of the box that the table scrolls in. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Last row, in bold. */
  readonly total?: Row;
  /** Whether it may have many rows: its box is then no higher than a screen, and scrolls. */
  readonly tall?: boolean;
}

/** The table in a box that scrolls, so that a wide one does not widen the page. */
export function table({ caption, columns, rows, total, tall = false }: Table): Html {
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
  // A box that scrolls must be focusable for keyboard users, and what is focusable needs a name.
  return html`<div class="scroll${tall ? ' tall' : ''}" role="region" aria-label="${caption}" tabindex="0">
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

/** Most columns that a table has before its rows and columns are exchanged. */
const MAX_COLUMNS = 14;

/** A table of numbers with a column for each layer: of many layers, with a row for each, in a box that scrolls. Row headers are texts. */
export function layersAcross(wide: Omit<Table, 'total' | 'tall'>): Html {
  const { caption, columns, rows } = wide;
  if (columns.length <= MAX_COLUMNS) return table(wide);
  return table({
    caption,
    tall: true,
    columns: [{ name: 'Layer' }, ...numericColumns(rows.map(([header]) => header as string))],
    rows: columns.slice(1).map(({ name }, i) => [name, ...rows.map((row) => row[i + 1]!)]),
  });
}

/** Numeric columns with these names. */
export function numericColumns(names: readonly string[]): readonly Column[] {
  return names.map((name) => ({ name, numeric: true }));
}
