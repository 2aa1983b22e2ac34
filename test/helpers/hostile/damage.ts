/** Damage to the bytes of a file, from a seed. */
import { generator } from '../data/numbers.ts';

type Random = ReturnType<typeof generator>;

const copyOf = (file: Uint8Array, change: (copy: Uint8Array) => void) => {
  const copy = Uint8Array.from(file);
  change(copy);
  return copy;
};

/** Bits from `from` to before `to`. */
const flipped = (file: Uint8Array, random: Random, from: number, to: number) =>
  copyOf(file, (copy) => {
    for (let flips = 1 + random.below(4); flips > 0; flips--)
      copy[from + random.below(to - from)]! ^= 1 << random.below(8);
  });

/** As lengths, counts and offsets. */
const NUMBERS = [2 ** 64 - 1, 2 ** 63, 2 ** 53, 2 ** 32 - 1, 2 ** 31, 2 ** 31 - 1, 2 ** 24, 0, 1].map(BigInt);
const TEXTS = ['-1', '9e99', '1.5', '4294967296', '9007199254740993', '999999999', 'null', '[[]]', '""'];
/** Bytes at the start and at the end of a file that hold what describes the rest. */
const EDGE = 600;

const WAYS: Readonly<Record<string, (file: Uint8Array, random: Random) => Uint8Array>> = {
  'cut off': (file, random) => file.subarray(0, random.below(file.length)),
  'flipped bits': (file, random) => flipped(file, random, 0, file.length),
  'flipped bits at its start': (file, random) => flipped(file, random, 0, Math.min(EDGE, file.length)),
  'flipped bits at its end': (file, random) =>
    flipped(file, random, Math.max(0, file.length - EDGE), file.length),
  'other bytes': (file, random) =>
    copyOf(file, (copy) => {
      for (let bytes = 1 + random.below(30); bytes > 0; bytes--)
        copy[random.below(copy.length)] = random.below(256);
    }),
  'huge and negative numbers': (file, random) =>
    copyOf(file, (copy) => {
      const bytes = [1, 2, 4, 8][random.below(4)]!;
      const at = bytes * random.below(Math.max(1, Math.floor(Math.min(copy.length, 4 * EDGE) / bytes)));
      let value = NUMBERS[random.below(NUMBERS.length)]!;
      const isBig = random.below(4) === 0;
      for (let i = 0; i < bytes && at + bytes <= copy.length; i++, value >>= 8n)
        copy[isBig ? at + bytes - 1 - i : at + i] = Number(value & 255n);
    }),
  'other values in its text': (file, random) => {
    // Only the ends are searched: what lies between are weights and pixels.
    const found = [
      ...Buffer.from(file)
        .toString('latin1')
        .slice(0, 4 * EDGE)
        .matchAll(/-?\d+|"\w+"/g),
    ];
    const place = found[random.below(Math.max(1, found.length))];
    if (!place) return flipped(file, random, 0, file.length);
    const { index, 0: old } = place;
    const value = Buffer.from(TEXTS[random.below(TEXTS.length)]!);
    return Uint8Array.from(
      Buffer.concat([file.subarray(0, index), value, file.subarray(index + old.length)]),
    );
  },
  'a part left out': (file, random) => {
    const from = random.below(file.length);
    return Uint8Array.from(
      Buffer.concat([file.subarray(0, from), file.subarray(from + 1 + random.below(50))]),
    );
  },
  'a part from elsewhere': (file, random) => {
    const [from, at] = [random.below(file.length), random.below(file.length)];
    const part = file.subarray(from, from + 1 + random.below(200));
    return Uint8Array.from(Buffer.concat([file.subarray(0, at), part, file.subarray(at)]));
  },
  'addresses of others': (file, random) =>
    copyOf(file, (copy) => {
      const word = () => 4 * random.below(Math.max(1, Math.floor(copy.length / 4) - 1));
      for (let i = 0; i < 4; i++) copy.copyWithin(word(), ...span(word()));
    }),
};
const span = (at: number): [number, number] => [at, at + 4];

export interface Damaged {
  readonly how: string;
  readonly bytes: Uint8Array;
}

/** The `index`-th damaged version of a file: all ways in turn. */
export function damaged(file: Uint8Array, seed: string, index: number): Damaged {
  const ways = Object.entries(WAYS);
  const [how, apply] = ways[index % ways.length]!;
  return { how, bytes: apply(file, generator(`${seed} ${index}`)) };
}
