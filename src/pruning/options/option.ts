/** Declares options that come as texts: on a command line, in an address, in a form. */
import { badOption, type CountRange } from '../../core/options.ts';

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

/** `mutationRate` as `mutation-rate`. */
export function hyphenated(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
