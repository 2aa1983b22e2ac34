/** Plain JSON with one field damaged, in every way that a field can be. */
const GARBAGE: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  true: true,
  text: 'zz',
  'no text': '',
  NaN,
  minus: -1,
  fraction: 1.5,
  huge: 1e308,
  'not safe': 2 ** 53,
  zero: 0,
  'no list': [],
  'no object': {},
};

export interface Corruption {
  /** Of the field, such as `snapshot.state.masks[0]`. */
  readonly path: string;
  readonly kind: string;
  /** The whole, with that field damaged. */
  readonly value: unknown;
}

export function* corruptions(value: unknown, path: string): Generator<Corruption> {
  for (const [kind, garbage] of Object.entries(GARBAGE)) {
    if (!Object.is(garbage, value)) yield { path, kind, value: garbage };
  }
  if (typeof value === 'boolean') yield { path, kind: 'inverted', value: !value };
  if (typeof value === 'number') yield { path, kind: 'one more', value: value + 1 };
  if (typeof value === 'string') {
    yield { path, kind: 'longer', value: `${value}0` };
    yield { path, kind: 'all zeros', value: value.replace(/./g, '0') };
    yield { path, kind: 'all ones', value: value.replace(/./g, 'f') };
  }
  if (Array.isArray(value)) {
    yield { path, kind: 'longer', value: [...(value as unknown[]), value.at(-1)] };
    yield { path, kind: 'shorter', value: value.slice(1) };
    // All items are alike: the first, the last and one between.
    const items = [...new Set([0, value.length >> 1, value.length - 1])].filter((i) => i in value);
    for (const i of items) {
      for (const inner of corruptions(value[i], `${path}[${i}]`)) {
        yield { ...inner, value: (value as unknown[]).with(i, inner.value) };
      }
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      for (const inner of corruptions(field, `${path}.${name}`)) {
        yield { ...inner, value: { ...value, [name]: inner.value } };
      }
    }
  }
}
