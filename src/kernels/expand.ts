/**
 * Unrolls loops in the text of a shader. WGSL cannot number variables, and a compiler that does not unroll a loop keeps
 * an indexed array of sums in memory. Sums that have names of their own stay in registers everywhere.
 *
 *     // #for q in 0..quads
 *     var sum_{q} = pack(0.0);
 *     // #end
 *
 * repeats the lines in between for each q from 0 to before `quads`. A bound, and the text in braces, is a number, the
 * name of a constant or of an enclosing loop, or a sum of products of these.
 */
export type Constants = Readonly<Record<string, number | string>>;

/** Throws for a directive without its counterpart or an unknown name. Both are mistakes in the shader. */
export function expand(text: string, constants: Constants): string {
  const lines = text.split('\n');
  const [expanded, end] = expandLines(lines, 0, constants);
  if (end < lines.length) throw new Error(`line ${end + 1}: #end without #for`);
  return expanded.join('\n');
}

/** Expands the lines from `start` to before the matching `#end`. Also returns the line number of that `#end`. */
function expandLines(lines: readonly string[], start: number, constants: Constants): [string[], number] {
  const expanded: string[] = [];
  let i = start;
  for (; i < lines.length; i++) {
    const line = lines[i]!;
    if (/^\s*\/\/ #end$/.test(line)) break;
    const loop = /^\s*\/\/ #for (\w+) in (\S+)\.\.(\S+)$/.exec(line);
    if (!loop) {
      expanded.push(line.replace(/\{([\w+*]+)\}/g, (_, sum: string) => String(valueOf(sum, constants))));
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

/** The line number of the `#end` that closes the loop whose body starts at line `start`. */
function matchingEnd(lines: readonly string[], start: number): number {
  let depth = 1;
  for (let i = start; i < lines.length; i++) {
    if (/^\s*\/\/ #for /.test(lines[i]!)) depth++;
    if (/^\s*\/\/ #end$/.test(lines[i]!) && --depth === 0) return i;
  }
  throw new Error(`line ${start}: #for without #end`);
}

/** The constant alone, which may be text, or the value of a sum of products. */
function valueOf(sum: string, constants: Constants): number | string {
  const factorOf = (factor: string): number | string => {
    const value = /^\d+$/.test(factor) ? Number(factor) : constants[factor];
    if (value === undefined) throw new Error(`${sum} has a name that is no constant and no loop`);
    return value;
  };
  if (!/[+*]/.test(sum)) return factorOf(sum);
  return sum
    .split('+')
    .map((term) => term.split('*').reduce((product, factor) => product * Number(factorOf(factor)), 1))
    .reduce((total, term) => total + term);
}
