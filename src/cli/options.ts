/** Declares, reads and explains command-line options. */
import { parseArgs } from 'node:util';
import { MasksearchError } from '../search/error.ts';
import { badOption, type CountRange } from '../search/options.ts';

/** An option that takes a value, `--name PLACEHOLDER`, or with `flag` none. */
export interface Option<T> {
  readonly placeholder: string;
  readonly description: string;
  readonly flag?: true;
  /** Throws 'bad-input' for a text that is no such value. */
  parse(text: string, name: string): T;
}

/** Options by name in camelCase, which the command line spells with hyphens. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** Values of the options that were given. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]?: Table[Name] extends Option<infer T> ? T : never;
};

export function text(placeholder: string, description: string): Option<string> {
  return { placeholder, description, parse: (value) => value };
}

/** The path of a file or folder. */
export function path(placeholder: string, description: string): Option<string> {
  return {
    placeholder,
    description,
    parse(value, name) {
      if (value === '') throw badOption(name, 'empty', 'a path', `pass ${placeholder}`);
      return value;
    },
  };
}

export function flag(description: string): Option<true> {
  return { placeholder: '', description, flag: true, parse: () => true };
}

/** Any finite number; ranges are the business of whoever uses it. `example` is what an error names as one. */
export function number(placeholder: string, description: string, example = 0.5): Option<number> {
  return {
    placeholder,
    description,
    parse: (value, name) => parseNumber(value, name, 'a number', example),
  };
}

/** A whole number of at least 1. */
export function count(placeholder: string, description: string, range: CountRange = {}): Option<number> {
  const { most = Number.MAX_SAFE_INTEGER, example = 10 } = range;
  const allowed = `a whole number from 1 to ${most}`;
  return {
    placeholder,
    description,
    parse(value, name) {
      const parsed = parseNumber(value, name, allowed, example);
      if (!Number.isSafeInteger(parsed) || parsed < 1 || parsed > most) {
        throw badOption(name, value, allowed, `pass one such as ${example}`);
      }
      return parsed;
    },
  };
}

export function choice<const T extends string>(values: readonly T[], description: string): Option<T> {
  return {
    placeholder: values.join('|'),
    description,
    parse(value, name) {
      const found = values.find((allowed) => allowed === value);
      if (found === undefined) {
        throw badOption(name, value || 'empty', `one of ${values.join(', ')}`, 'pass one of these');
      }
      return found;
    },
  };
}

export function list(placeholder: string, description: string): Option<readonly string[]> {
  return {
    placeholder,
    description,
    parse: (value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  };
}

function parseNumber(value: string, name: string, allowed: string, example: number): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) || !Number.isFinite(Number(value))) {
    throw badOption(name, `'${value}'`, allowed, `pass one such as ${example}`);
  }
  return Number(value);
}

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

/** `mutationRate` as `mutation-rate`. */
export function hyphenated(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
