/**
 * Unrolls the loops of a shader's text. WGSL has no names that are counted, and a compiler that does not unroll a loop
 * keeps what it sums in memory; with names of their own the sums stay in registers everywhere.
 *
 *     // #for q in 0..quads
 *     var sum_{q} = pack(0.0);
 *     // #end
 *
 * repeats the lines between for each q from 0 to before `quads`. Bounds and what stands in braces are numbers, names of
 * constants or of loops around, or sums of two of these.
 */
export type Constants = Readonly<Record<string, number | string>>;

/** Throws for a directive that does not fit or a name that is not known: a mistake in the shader, not in its use. */
export function expand(text: string, constants: Constants): string {
  const lines = text.split('\n');
  const [expanded, end] = expandLines(lines, 0, constants);
  if (end < lines.length) throw new Error(`line ${end + 1}: #end without #for`);
  return expanded.join('\n');
}

/** Expands from line `start` to before the matching `#end`, whose line number is returned too. */
function expandLines(lines: readonly string[], start: number, constants: Constants): [string[], number] {
  const expanded: string[] = [];
  let i = start;
  for (; i < lines.length; i++) {
    const line = lines[i]!;
    if (/^\s*\/\/ #end$/.test(line)) break;
    const loop = /^\s*\/\/ #for (\w+) in (\S+)\.\.(\S+)$/.exec(line);
    if (!loop) {
      expanded.push(line.replace(/\{([\w+]+)\}/g, (_, sum: string) => String(valueOf(sum, constants))));
      continue;
    }
    const [, name, first, last] = loop;
    const body = i + 1;
    const end = Number(valueOf(last!, constants));
    for (let value = Number(valueOf(first!, constants)); value < end; value++) {
      expanded.push(...expandLines(lines, body, { ...constants, [name!]: value })[0]);
    }
    i = matchingEnd(lines, body);
  }
  return [expanded, i];
}

function matchingEnd(lines: readonly string[], start: number): number {
  let depth = 1;
  for (let i = start; i < lines.length; i++) {
    if (/^\s*\/\/ #for /.test(lines[i]!)) depth++;
    if (/^\s*\/\/ #end$/.test(lines[i]!) && --depth === 0) return i;
  }
  throw new Error(`line ${start}: #for without #end`);
}

function valueOf(sum: string, constants: Constants): number | string {
  const terms = sum.split('+').map((term) => (/^\d+$/.test(term) ? Number(term) : constants[term]));
  if (terms.includes(undefined)) throw new Error(`${sum} has a name that is no constant and no loop`);
  return terms.length === 1 ? terms[0]! : (terms as number[]).reduce((total, term) => total + term, 0);
}
