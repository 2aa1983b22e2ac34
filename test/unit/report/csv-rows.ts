import * as assert from 'uvu/assert';

/** The rows of a CSV file without quotes, by the names of `header`, which must be its first line. */
export function csvRows(text: string, header: string): readonly Record<string, string>[] {
  const [names, ...lines] = text.trimEnd().split('\n');
  assert.is(names, header);
  return lines.map((line) => {
    const fields = line.split(',');
    assert.is(fields.length, header.split(',').length);
    return Object.fromEntries(header.split(',').map((name, i) => [name, fields[i]!]));
  });
}
