/** The lines of a text with at most `width` columns, broken at spaces. */
export function wrapped(text: string, width: number): readonly string[] {
  return text.split(' ').reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) return [...lines, word];
    return lines.with(-1, `${last} ${word}`);
  }, []);
}
