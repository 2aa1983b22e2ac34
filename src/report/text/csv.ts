/** Rows of a CSV file whose fields may be any text. */
export type CsvRow = Readonly<Record<string, string | number | undefined>>;

/** A head of `columns` and a line for each row, with a line end; what a row does not have is an empty field. */
export function csvText(columns: readonly string[], rows: readonly CsvRow[]): string {
  const lines = rows.map((row) => columns.map((name) => field(row[name])).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

/** In quotes where it would end the field or the row: a seed is any text. */
function field(value: string | number | undefined): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
