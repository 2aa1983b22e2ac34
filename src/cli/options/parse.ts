import { parseArgs } from 'node:util';
import { MasksearchError } from '../../core/error.ts';
import { hyphenated, type OptionTable, type OptionValues } from '../../pruning/options/option.ts';
import { renamedOption } from '../../pruning/options/renamed.ts';

/** Reads `args` by a table. Throws 'bad-input' for unknown options, missing or bad values and stray words. */
export function parseOptions<const Table extends OptionTable>(
  table: Table,
  args: readonly string[],
): OptionValues<Table> {
  const nameOf = new Map(Object.keys(table).map((name) => [hyphenated(name), name]));
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      [...nameOf].map(([spelled, name]) => [spelled, { type: table[name]!.flag ? 'boolean' : 'string' }]),
    ),
    strict: false,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw refused(`'${token.value}' is not an option`, 'see --help');
    const { rawName, value } = token;
    const name = nameOf.get(token.name);
    if (name === undefined) {
      throw (
        renamedOption(token.name, table) ??
        refused(`${rawName} is not an option of this command`, 'see --help')
      );
    }
    const option = table[name]!;
    if (option.flag && value !== undefined) throw refused(`${rawName} takes no value`, 'leave it out');
    if (!option.flag && (value === undefined || (!token.inlineValue && looksLikeOption(value)))) {
      throw refused(`${rawName} has no value`, `pass ${option.placeholder} after it`);
    }
    values[name] = option.parse(value ?? '', name);
  }
  return values as OptionValues<Table>;
}

/** Whether the value was probably forgotten and this is the next option. A negative number is a value. */
function looksLikeOption(value: string): boolean {
  return /^-(?!\.?\d)/.test(value);
}

function refused(message: string, fix: string): MasksearchError {
  return new MasksearchError('bad-input', message, fix);
}
