/**
 * Values to plain JSON and back. Decoding checks every field, since stored JSON may be damaged or belong to something
 * else: it throws 'bad-input' with the path of the field, the value found and the values allowed, and nothing else.
 */
import { MasksearchError } from './error.ts';

export interface Codec<Value, Stored = Value> {
  readonly encode: (value: Value) => Stored;
  /** `path` says where `stored` was found, for the error, such as `snapshot.state.step`. */
  readonly decode: (stored: unknown, path: string) => Value;
}

/** The error for a stored value that is not allowed; `allowed` completes "… but must be". */
export function badStored(path: string, found: unknown, allowed: string): MasksearchError {
  return new MasksearchError(
    'bad-input',
    `${path} is ${describe(found)} but must be ${allowed}`,
    'pass the data as it was stored, with the problem and the options it was stored with',
  );
}

/** Longest stored string that an error repeats in full. */
const MAX_QUOTED = 40;

function describe(found: unknown): string {
  if (typeof found === 'string') {
    return found.length <= MAX_QUOTED ? JSON.stringify(found) : `a string of ${found.length} characters`;
  }
  if (Array.isArray(found)) return `a list of ${found.length}`;
  if (typeof found === 'object' && found !== null) return 'an object';
  if (typeof found === 'function') return 'a function';
  const text = String(found);
  return text === 'undefined' ? 'missing' : text;
}

/** A value that is its own JSON. */
function plain<Value>(isAllowed: (stored: unknown) => stored is Value, allowed: string): Codec<Value> {
  return {
    encode: (value) => value,
    decode(stored, path) {
      if (!isAllowed(stored)) throw badStored(path, stored, allowed);
      return stored;
    },
  };
}

export function wholeNumber(min = 0, max = Number.MAX_SAFE_INTEGER): Codec<number> {
  return plain(
    (stored): stored is number =>
      typeof stored === 'number' && Number.isSafeInteger(stored) && stored >= min && stored <= max,
    min === max ? `${min}` : `a whole number from ${min} to ${max}`,
  );
}

/** A finite number from `min` to `max`. */
export function finiteNumber(min = -Infinity, max = Infinity): Codec<number> {
  const range = [
    ...(min > -Infinity ? [`of at least ${min}`] : []),
    ...(max < Infinity ? [`of at most ${max}`] : []),
  ];
  return plain(
    (stored): stored is number =>
      typeof stored === 'number' && Number.isFinite(stored) && stored >= min && stored <= max,
    ['a finite number', range.join(' and ')].filter(Boolean).join(' '),
  );
}

export const positiveNumber: Codec<number> = plain(
  (stored): stored is number => typeof stored === 'number' && stored > 0 && stored < Infinity,
  'a finite number above 0',
);

/** A number from 0 to 1. */
export const fraction = finiteNumber(0, 1);

export const boolean: Codec<boolean> = plain(
  (stored): stored is boolean => typeof stored === 'boolean',
  'true or false',
);

/** A string of `min` to `max` characters. */
export function text(min: number, max: number): Codec<string> {
  return plain(
    (stored): stored is string => typeof stored === 'string' && stored.length >= min && stored.length <= max,
    `a string of ${min} to ${max} characters`,
  );
}

/** A SHA-256 as 64 lower-case hexadecimal digits. */
export const sha256Hex: Codec<string> = plain(
  (stored): stored is string => typeof stored === 'string' && /^[0-9a-f]{64}$/.test(stored),
  '64 hexadecimal digits',
);

/** A field that may be missing. */
export function optional<Value, Stored>(
  codec: Codec<Value, Stored>,
): Codec<Value | undefined, Stored | undefined> {
  return {
    encode: (value) => (value === undefined ? undefined : codec.encode(value)),
    decode: (stored, path) => (stored === undefined ? undefined : codec.decode(stored, path)),
  };
}

/** `undefined` is stored as null. */
export function nullable<Value, Stored>(
  codec: Codec<Value, Stored>,
): Codec<Value | undefined, Stored | null> {
  return {
    encode: (value) => (value === undefined ? null : codec.encode(value)),
    decode: (stored, path) => (stored === null ? undefined : codec.decode(stored, path)),
  };
}

/** Infinity, which JSON lacks, is stored as null. */
export function orInfinity(codec: Codec<number>): Codec<number, number | null> {
  return {
    encode: (value) => (value === Infinity ? null : codec.encode(value)),
    decode: (stored, path) => (stored === null ? Infinity : codec.decode(stored, path)),
  };
}

/** A list of any length from `min` to `max`. */
export function listOf<Value, Stored>(
  item: Codec<Value, Stored>,
  min = 0,
  max = Infinity,
): Codec<readonly Value[], readonly Stored[]> {
  const length = min === max ? `${min}` : max < Infinity ? `${min} to ${max}` : `at least ${min}`;
  return {
    encode: (values) => values.map((value) => item.encode(value)),
    decode(stored, path) {
      if (!Array.isArray(stored) || stored.length < min || stored.length > max) {
        throw badStored(path, stored, `a list of ${length}`);
      }
      return Array.from(stored, (value: unknown, i) => item.decode(value, `${path}[${i}]`));
    },
  };
}

/** A list with one value for each of `items`. */
export function tupleOf<Value, Stored>(
  items: readonly Codec<Value, Stored>[],
): Codec<readonly Value[], readonly Stored[]> {
  return {
    encode: (values) => values.map((value, i) => items[i]!.encode(value)),
    decode(stored, path) {
      if (!Array.isArray(stored) || stored.length !== items.length) {
        throw badStored(path, stored, `a list of ${items.length}`);
      }
      return items.map((item, i) => item.decode(stored[i], `${path}[${i}]`));
    },
  };
}

/** An object of these fields; what else it holds is left out. */
export function record<Value, Stored extends Readonly<Record<keyof Value, unknown>>>(fields: {
  readonly [Name in keyof Value]-?: Codec<Value[Name], Stored[Name]>;
}): Codec<Value, Stored> {
  const codecs = Object.entries(fields) as [keyof Value & string, Codec<unknown>][];
  return {
    encode: (value) =>
      Object.fromEntries(codecs.map(([name, codec]) => [name, codec.encode(value[name])])) as Stored,
    decode(stored, path) {
      if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) {
        throw badStored(path, stored, `an object with ${codecs.map(([name]) => name).join(', ')}`);
      }
      const found = stored as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        codecs.map(([name, codec]) => [name, codec.decode(found[name], `${path}.${name}`)]),
      ) as Value;
    },
  };
}

/** `codec`, whose decoded values `check` may also reject, by throwing `badStored`: for fields that must fit each other. */
export function checked<Value, Stored>(
  codec: Codec<Value, Stored>,
  check: (value: Value, path: string) => void,
): Codec<Value, Stored> {
  return {
    encode: (value) => codec.encode(value),
    decode(stored, path) {
      const value = codec.decode(stored, path);
      check(value, path);
      return value;
    },
  };
}
