/**
 * The text of a JSON file, indented, with a line end. Numbers that are not finite, for which `JSON.stringify` would write
 * null, are the strings "NaN", "Infinity" and "-Infinity", which `Number` and Python's `float` read.
 */
export function jsonText(value: object): string {
  const finiteOrText = (_key: string, member: unknown) =>
    typeof member === 'number' && !Number.isFinite(member) ? String(member) : member;
  return `${JSON.stringify(value, finiteOrText, 2)}\n`;
}
