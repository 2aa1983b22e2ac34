/**
 * The text of a JSON file, indented, with a line end. JSON has no number that is not finite and `JSON.stringify` would
 * write null: here they are the strings "NaN", "Infinity" and "-Infinity", which `Number` and Python's `float` read back.
 */
export function jsonText(value: object): string {
  const finiteOrText = (_key: string, member: unknown) =>
    typeof member === 'number' && !Number.isFinite(member) ? String(member) : member;
  return `${JSON.stringify(value, finiteOrText, 2)}\n`;
}
