/** Reads and explains options on a command line. What an option is: ../pruning/option.ts. */
import { parseArgs } from 'node:util';
import { hyphenated, type OptionTable, type OptionValues } from '../pruning/options/option.ts';
import { MasksearchError } from '../core/error.ts';

export * from '../pruning/options/option.ts';

/** Reads `args` by a table. Throws 'bad-input' for unknown options, missing or bad values and stray words. */
export function parseOptions<const Table extends OptionTable>(
  table: Table,
  args: readonly string[],
): OptionValues<Table> {
  const byFlag = new Map(Object.keys(table).map((name) => [hyphenated(name), name]));
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      [...byFlag].map(([spelled, name]) => [spelled, { type: table[name]!.flag ? 'boolean' : 'string' }]),
    ),
    strict: false,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw new MasksearchError('bad-input', `'${token.value}' is not an option`, 'see --help');
    }
    const name = byFlag.get(token.name);
    if (name === undefined) {
      throw new MasksearchError(
        'bad-input',
        `${token.rawName} is not an option of this command`,
        'see --help',
      );
    }
    const option = table[name]!;
    if (option.flag && token.value !== undefined) {
      throw new MasksearchError('bad-input', `${token.rawName} takes no value`, 'leave it out');
    }
    // A value that looks like another option is one that was forgotten, unless it is a negative number.
    const forgotten = !token.inlineValue && /^-(?!\.?\d)/.test(token.value ?? '-');
    if (!option.flag && forgotten) {
      throw new MasksearchError(
        'bad-input',
        `${token.rawName} has no value`,
        `pass ${option.placeholder} after it`,
      );
    }
    values[name] = option.parse(token.value ?? '', name);
  }
  return values as OptionValues<Table>;
}

/** The options as lines of help. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, { placeholder, description }]) => ({
    left: `  --${hyphenated(name)}${placeholder && ` ${placeholder}`}`,
    description,
  }));
  const fitting = rows.map(({ left }) => left.length).filter((length) => length <= 30);
  const width = Math.max(...fitting) + 2;
  return rows
    .map(({ left, description }) =>
      left.length < width
        ? `${left.padEnd(width)}${description}`
        : `${left}\n${' '.repeat(width)}${description}`,
    )
    .join('\n');
}
