/** Damaged and hostile PyTorch files: each is refused in one sentence, or a model; none takes long or fills the memory. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { draftArchitecture } from '../../../../src/formats/draft-architecture.ts';
import { modelFromTorch } from '../../../../src/formats/torch/model.ts';
import { MAX_MS, refusal as refusalOf, slowest } from '../../../helpers/assert/hostile.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import { isFull } from '../../../helpers/sample.ts';
import {
  dict,
  ordered,
  Storage,
  TestTensor,
  tensor,
  torchLegacy,
  torchZip,
  zipOf,
} from '../../../helpers/torch/file.ts';
import { network, numbersOf, stateDict } from '../../../helpers/torch/network.ts';
import { pickle } from '../../../helpers/torch/pickle.ts';

const MAX_BYTES = 1e9;
/** Of each damage and file. */
const ROUNDS = isFull ? 200 : 30;

const random = generator('hostile torch');

/** Of a file that is opened in all ways: drafted, read and written. */
function refusal(bytes: Uint8Array, what: string): string | undefined {
  return refusalOf(() => {
    const file = { name: 'net.pt', bytes };
    draftArchitecture(file);
    const model = modelFromTorch(file, { architecture: network });
    model.container!.read(model.container!.write(model.tensors));
  }, what);
}

const checkpoint = dict({
  epoch: 1,
  loss: tensor([], [0.5]),
  state_dict: ordered({ ...stateDict(), 'bn.num_batches_tracked': tensor([], [5], 'int64') }),
});
const { 'fc.weight': fc, ...others } = stateDict();
const pruned = ordered({
  ...{ ...others, 'fc.weight_orig': fc!, 'fc.weight_mask': tensor([5, 27], new Float32Array(135).fill(1)) },
});
const common = new Storage(numbersOf('common', 300));
const strided = ordered({
  ...others,
  'fc.weight': new TestTensor(common, [5, 27], { strides: [1, 5], offset: 3 }),
});
const FILES: Readonly<Record<string, Uint8Array>> = {
  zip: torchZip(checkpoint),
  'zip of a pruned network': torchZip(pruned),
  'zip of strides': torchZip(strided),
  legacy: torchLegacy(checkpoint),
  'legacy of strides': torchLegacy(strided),
};

const flipped = (file: Uint8Array, from: number, to: number) => {
  const damaged = Uint8Array.from(file);
  for (let flips = 1 + random.below(4); flips > 0; flips--)
    damaged[from + random.below(to - from)]! ^= 1 << random.below(8);
  return damaged;
};

const DAMAGES: Readonly<Record<string, (file: Uint8Array) => Uint8Array>> = {
  'cut off': (file) => file.subarray(0, random.below(file.length)),
  'flipped bits': (file) => flipped(file, 0, file.length),
  'flipped bits in its pickle': (file) => flipped(file, 0, Math.min(file.length, 1600)),
  'flipped bits at its end': (file) => flipped(file, file.length - 700, file.length),
  'other bytes anywhere': (file) => {
    const damaged = Uint8Array.from(file);
    for (let bytes = 1 + random.below(30); bytes > 0; bytes--)
      damaged[random.below(file.length)] = random.below(256);
    return damaged;
  },
  'huge numbers': (file) => {
    const damaged = Buffer.from(file);
    damaged.writeUInt32LE(
      [0xffffffff, 0x7fffffff, 0x80000000][random.below(3)]!,
      random.below(file.length - 4),
    );
    return damaged;
  },
  'a part left out': (file) => {
    const from = random.below(file.length - 1);
    const to = Math.min(file.length, from + 1 + random.below(50));
    return Buffer.concat([file.subarray(0, from), file.subarray(to)]);
  },
};

for (const [name, file] of Object.entries(FILES)) {
  test(`damaged: ${name}, ${ROUNDS} times each way`, () => {
    assert.is(refusal(file, name), undefined);
    let refused = 0;
    for (const [damage, apply] of Object.entries(DAMAGES)) {
      for (let round = 0; round < ROUNDS; round++) {
        const message = refusal(apply(file), `${name}, ${damage}, round ${round}`);
        if (message !== undefined) refused++;
        // The end of the old format is a number.
        else if (damage === 'cut off') assert.unreachable(`${name}, ${damage}, round ${round} was read`);
      }
    }
    assert.ok(refused > (ROUNDS * Object.keys(DAMAGES).length) / 2, `${refused} were refused`);
  });
}

/** A zip of this pickle. */
const withPickle = (...codes: readonly (string | number | Uint8Array)[]) => {
  const bytes = Buffer.concat(
    codes.map((code) =>
      typeof code === 'string'
        ? Buffer.from(code, 'latin1')
        : typeof code === 'number'
          ? Buffer.from([code])
          : code,
    ),
  );
  return zipOf(new Map([['a/data.pkl', Buffer.concat([Buffer.from([0x80, 2]), bytes])]]), true);
};
const word = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
/** A dict that holds the one before it, often. */
const nested = (levels: number) =>
  Buffer.concat(
    Array.from({ length: levels }, (_, level) => {
      const members = Array.from({ length: 10 }, (__, i) =>
        Buffer.concat([
          pickle(`k${i}`).subarray(2, -1),
          Buffer.from(level === 0 ? '}' : 'h'),
          ...(level === 0 ? [] : [Buffer.from([level - 1])]),
        ]),
      );
      return Buffer.concat([Buffer.from('}('), ...members, Buffer.from('uq'), Buffer.from([level])]);
    }),
  );
/** Modules that hold the one before them, often. */
const modules = (levels: number) =>
  Buffer.concat(
    Array.from({ length: levels }, (_, level) => {
      const key = (text: string) => pickle(text).subarray(2, -1);
      const inside = Array.from({ length: 10 }, (__, i) =>
        Buffer.concat([
          key(`k${i}`),
          ...(level === 0 ? [Buffer.from('N')] : [Buffer.from('h'), Buffer.from([level - 1])]),
        ]),
      );
      return Buffer.concat([
        ...[Buffer.from('cnets\nNet\n)\x81}(', 'latin1'), key('_modules'), Buffer.from('}(')],
        ...[
          ...inside,
          Buffer.from('u'),
          key('_parameters'),
          Buffer.from('}ub'),
          Buffer.from('q'),
          Buffer.from([level]),
        ],
      ]);
    }),
  );

const HOSTILE: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  'a text of 4 GB': [withPickle('X', word(0xffffffff), 'abc.'), /the pickle breaks off: 4294967295 bytes/],
  'a text of 2^63 bytes': [withPickle(0x8d, word(0), word(0x80000000), '.'), /the pickle breaks off/],
  'a number of 4 GB': [withPickle(0x8b, word(0x7fffffff), '.'), /whole number of 2147483647 bytes/],
  'dicts in dicts, 10^30 of them': [withPickle(nested(30), '.'), /no dict of weights|refers to more than/],
  'modules in modules, 10^30 of them': [withPickle(modules(30), '.'), /refers to more than/],
  'a list in itself': [withPickle(']q', 0, 'h', 0, 'a.'), /no dict of weights/],
  'a dict in itself': [withPickle('}q', 0, 'X', word(1), 'ah', 0, 's.'), /no dict of weights/],
  'ten million steps': [withPickle(Buffer.alloc(10_000_000, '}'), '.'), /more than 2000000 steps/],
  'ten million marks': [withPickle(Buffer.alloc(10_000_000, '('), 'N.'), /more than 2000000 steps/],
  'nothing to take': [withPickle('0.'), /takes more values than it has/],
  'a mark that is not set': [withPickle('t.'), /takes a mark that it has not set/],
  'a memo that is empty': [withPickle('h', 5, '.'), /value 5 of its memo/],
  'an import by number': [withPickle(0x82, 1, '.'), /opcode 130 at byte 2/],
  'an object of an old class': [withPickle('(ios\nsystem\n.'), /opcode 105 at byte 3/],
  'a call of the system': [withPickle('cos\nsystem\nX', word(4), 'true', 0x85, 'R.'), /calls "os\.system"/],
  'a call of a class by texts': [
    withPickle('X', word(5), 'posixX', word(6), 'system', 0x93, ')', 'R.'),
    /calls "posix\.system"/,
  ],
  'a class named by numbers': [withPickle('K', 1, 'K', 2, 0x93, '.'), /names a class by something else/],
  'protocol 0': [zipOf(new Map([['a/data.pkl', Buffer.from('(dp0\n.')]]), true), /opcode \d+ at byte/],
  'a pickle that is empty': [
    zipOf(new Map([['a/data.pkl', Buffer.from('')]]), true),
    /the pickle breaks off/,
  ],
  'a storage of an unknown class': [
    withPickle(
      '(',
      pickle('storage').subarray(2, -1),
      'cos\nFile\nX',
      word(1),
      '0X',
      word(3),
      'cpuK',
      1,
      'tQ.',
    ),
    /names a storage in a way that is not known/,
  ],
  'a shape of 2^60 elements': [
    torchZip(
      ordered({
        ...stateDict(),
        'fc.weight': new TestTensor(new Storage([1]), [2 ** 30, 2 ** 30], { strides: [0, 0] }),
      }),
    ),
    /a tensor that repeats its numbers/,
  ],
  'a path out of the folder': [
    torchZip(ordered({ ...stateDict() }), { folder: '../../etc', without: ['data/0'] }),
    /has no "\.\.\/\.\.\/etc\/data\/0"/,
  ],
  'a storage of another length': [
    new Uint8Array(Buffer.concat([torchLegacy(checkpoint).subarray(0, -1)])),
    /announces \d+ elements|breaks off/,
  ],
};

for (const [what, [file, pattern]] of Object.entries(HOSTILE)) {
  test(`refuses ${what}`, () => assert.match(refusal(file, what) ?? 'it was read', pattern));
}

test('all of this took less than 1 GB', () => {
  const bytes = 1024 * process.resourceUsage().maxRSS;
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes`);
  assert.ok(slowest.ms < MAX_MS, slowest.what);
});

test.run();
