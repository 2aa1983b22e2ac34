/** CSV files. */

/** Fields by column name; an absent one is an empty field. */
export type CsvRow = Readonly<Record<string, string | number | undefined>>;

/**
 * A header of `columns` and a line for each row, each with a line end. Numbers are the shortest that read back as the same
 * float64.
 */
export function csvText(columns: readonly string[], rows: readonly CsvRow[]): string {
  const lines = rows.map((row) => columns.map((name) => field(row[name])).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

/** A field, in quotes if it contains a separator: seeds are any text. */
function field(value: string | number | undefined): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
