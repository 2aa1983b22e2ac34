/** The kinds of options: what their texts may be, and what an error says of others. */
import { badChoice, badOption, type CountRange } from '../../core/options.ts';
import type { Option } from './option.ts';

/** What an option is unless it is given: the help states it, and errors suggest it. */
interface Default<T> {
  readonly default?: T;
}

export function text(
  placeholder: string,
  description: string,
  { default: fallback }: Default<string> = {},
): Option<string> {
  return { placeholder, description: withDefault(description, fallback), parse: (value) => value };
}

/** The path of a file or folder. */
export function path(
  placeholder: string,
  description: string,
  { default: fallback }: Default<string> = {},
): Option<string> {
  return {
    placeholder,
    description: withDefault(description, fallback),
    parse(value, name) {
      if (value === '') throw badOption(name, value, 'a path', `pass ${placeholder}`);
      return value;
    },
  };
}

/** On if it is given. Where every option has a value, as in an address, that is "true". */
export function flag(description: string): Option<true> {
  return {
    placeholder: '',
    description,
    flag: true,
    parse(value, name) {
      if (value !== '' && value !== 'true') throw badOption(name, value, 'true', 'leave it out');
      return true;
    },
  };
}

interface NumberRange {
  /** The value that an error suggests. */
  readonly example?: number;
  /** Least and largest value. */
  readonly range?: readonly [number, number];
}

/** Any finite number. A `range` that depends on nothing else is checked here, any other where the value is used. */
export function number(
  placeholder: string,
  description: string,
  { default: fallback, example = fallback ?? 0.5, range }: Default<number> & NumberRange = {},
): Option<number> {
  return {
    placeholder,
    description: withDefault(description, fallback),
    parse(value, name) {
      const [least, most] = range ?? [-Infinity, Infinity];
      const allowed = range ? `a number from ${least} to ${most}` : 'a number';
      const parsed = parseNumber(value, name, allowed, example);
      if (parsed < least || parsed > most)
        throw badOption(name, parsed, allowed, `pass one such as ${example}`);
      return parsed;
    },
  };
}

/** One number, or several with commas between them. */
export function numbers(
  placeholder: string,
  description: string,
  { example = 0.5 }: { readonly example?: number } = {},
): Option<number | readonly number[]> {
  return {
    placeholder,
    description,
    parse(value, name) {
      const parsed = value
        .split(',')
        .map((part) =>
          parseNumber(part.trim(), name, 'a number, or several with commas between them', example),
        );
      return parsed.length === 1 ? parsed[0]! : parsed;
    },
  };
}

/** One number, or one for each of some layers: `0.9` or `fc1=0.9,conv1=0.5`. */
export function perLayer(
  placeholder: string,
  description: string,
  options: NumberRange,
): Option<number | Readonly<Record<string, number>>> {
  const one = number(placeholder, description, options);
  return {
    placeholder,
    description,
    parse(value, name) {
      if (!value.includes('=')) return one.parse(value, name);
      return Object.fromEntries(
        value.split(',').map((part) => {
          // A name may have an equals sign in it; a number has none.
          const at = part.lastIndexOf('=');
          return [part.slice(0, at).trim(), one.parse(part.slice(at + 1).trim(), name)];
        }),
      );
    },
  };
}

/** A whole number, from 1 unless told otherwise. */
export function count(
  placeholder: string,
  description: string,
  {
    default: fallback,
    least = 1,
    most = Number.MAX_SAFE_INTEGER,
    example = fallback ?? 10,
  }: Default<number> & CountRange = {},
): Option<number> {
  const allowed = `a whole number from ${least} to ${most}`;
  return {
    placeholder,
    description: withDefault(description, fallback),
    parse(value, name) {
      const parsed = parseNumber(value, name, allowed, example);
      if (!Number.isSafeInteger(parsed) || parsed < least || parsed > most) {
        throw badOption(name, parsed, allowed, `pass one such as ${example}`, { shown: value });
      }
      return parsed;
    },
  };
}

const BYTES: Readonly<Record<string, number>> = {
  ...{ '': 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 },
  ...{ KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30, TIB: 2 ** 40 },
};

/** A number of bytes, with or without a unit: 512MB, 1.5GiB, 2000000. */
export function byteSize(placeholder: string, description: string): Option<number> {
  return {
    placeholder,
    description,
    parse(value, name) {
      const [, digits, unit] = /^(\d+\.?\d*|\.\d+) ?([a-z]*)$/i.exec(value) ?? [];
      const bytes = Math.floor(Number(digits) * (BYTES[unit?.toUpperCase() ?? ''] ?? NaN));
      if (Number.isSafeInteger(bytes)) return bytes;
      throw badOption(name, value, 'a number of bytes', 'pass one such as 512MB or 2GB', {
        shown: `'${value}'`,
      });
    },
  };
}

/** One of some words. */
export function choice<const T extends string>(
  values: readonly T[],
  description: string,
  { default: fallback }: Default<NoInfer<T>> = {},
): Option<T> {
  return {
    placeholder: values.join('|'),
    description: withDefault(description, fallback),
    parse(value, name) {
      const found = values.find((allowed) => allowed === value);
      if (found === undefined) throw badChoice(name, value, 'one of', values);
      return found;
    },
  };
}

/** Words separated by commas. */
export function list(
  placeholder: string,
  description: string,
  { default: fallback }: Default<readonly string[]> = {},
): Option<readonly string[]> {
  return { placeholder, description: withDefault(description, fallback?.join(',')), parse: listItems };
}

/** The items of a list separated by commas, without white space around them; empty ones are left out. */
export function listItems(value: string): readonly string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parseNumber(value: string, name: string, allowed: string, example: number): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) || !Number.isFinite(Number(value))) {
    throw badOption(name, value, allowed, `pass one such as ${example}`, { shown: `'${value}'` });
  }
  return Number(value);
}

function withDefault(description: string, value: string | number | undefined): string {
  return value === undefined ? description : `${description} (default ${shown(value)})`;
}

/** Powers of ten with many zeros as 1e8. */
function shown(value: string | number): string {
  const isLong = typeof value === 'number' && value >= 1e6;
  return isLong ? value.toExponential().replace('+', '') : String(value);
}
