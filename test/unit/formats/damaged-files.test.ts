/** Damaged containers of data, models and masks: each is refused in one sentence, or harmless; none fills the memory. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deflateRawSync } from 'node:zlib';
import { MasksearchError } from '../../../src/core/error.ts';
import { readDataset } from '../../../src/formats/datasets/read.ts';
import { masksFromSafetensors, masksToSafetensors } from '../../../src/formats/safetensors/masks.ts';
import { modelFromSafetensors, modelToSafetensors } from '../../../src/formats/safetensors/model.ts';
import { encodeSafetensors } from '../../../src/formats/safetensors/tensors.ts';
import { fullMasks } from '../../../src/core/mask.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { npyBytes, npyOf, npz, zip } from '../../helpers/data/npy.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { randomModel, tinyNetwork } from '../../helpers/data/models.ts';
import { isFull } from '../../helpers/sample.ts';

/** Files of every kind and damage. */
const ROUNDS = isFull ? 200 : 40;
const MAX_BYTES = 1e9;

const IMAGES = 40;
const { layers } = problemOf(tinyNetwork);
const random = generator('damaged files');
const x = npyBytes(
  [IMAGES, 1, 8, 8],
  Uint8Array.from({ length: IMAGES * 64 }, () => random.below(256)),
);
const y = npyBytes(
  [IMAGES],
  Uint8Array.from({ length: IMAGES }, (_, i) => i % 4),
);
const arrays = new Map([
  [
    'x',
    {
      dtype: 'U8' as const,
      shape: [IMAGES, 1, 8, 8],
      data: Uint8Array.from({ length: IMAGES * 64 }, (_, i) => i),
    },
  ],
  [
    'y',
    { dtype: 'U8' as const, shape: [IMAGES], data: Uint8Array.from({ length: IMAGES }, (_, i) => i % 4) },
  ],
]);

interface Kind {
  readonly file: Uint8Array;
  readonly read: (bytes: Uint8Array) => unknown;
  /** Bytes at its beginning, and at its end, that say what is in it. */
  readonly head: number;
  readonly tail: number;
}

const dataset = (name: string) => (bytes: Uint8Array) =>
  readDataset([{ name, bytes }], { network: tinyNetwork });

const KINDS: Readonly<Record<string, Kind>> = {
  'stored npz': { file: npz({ x, y }), read: dataset('data.npz'), head: 110, tail: 120 },
  'deflated npz': { file: npz({ x, y }, { deflate: true }), read: dataset('data.npz'), head: 110, tail: 120 },
  npy: {
    file: x,
    read: (bytes) =>
      readDataset(
        [
          { name: 'x.npy', bytes },
          { name: 'y.npy', bytes: y },
        ],
        { network: tinyNetwork },
      ),
    ...{ head: 80, tail: 0 },
  },
  'safetensors data': {
    file: encodeSafetensors(arrays),
    read: dataset('data.safetensors'),
    head: 120,
    tail: 0,
  },
  model: {
    file: modelToSafetensors(randomModel(tinyNetwork, 'damaged')),
    read: (bytes) => modelFromSafetensors(bytes),
    ...{ head: 900, tail: 0 },
  },
  masks: {
    file: masksToSafetensors(fullMasks(layers), layers),
    read: (bytes) => masksFromSafetensors(bytes, layers),
    ...{ head: 200, tail: 0 },
  },
};

/** The error's sentence; undefined if the file was read. Fails for any other error. */
async function refusal(read: Kind['read'], bytes: Uint8Array, what: string): Promise<string | undefined> {
  try {
    await read(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof MasksearchError)) throw new Error(`${what}: ${String(error)}`, { cause: error });
    assert.is(error.code, 'bad-input', what);
    for (const clause of [error.message, error.fix]) {
      assert.ok(
        clause.length > 0 && clause.length < 1000 && !/[\n\r]|\.$|undefined|\[object/.test(clause),
        `${what}: ${clause}`,
      );
    }
    return error.message;
  }
}

type Damage = (kind: Kind) => Uint8Array;

const DAMAGES: Readonly<Record<string, Damage>> = {
  'cut off': ({ file }) => file.subarray(0, random.below(file.length)),
  'flipped bits in its header': ({ file, head, tail }) => {
    const damaged = Uint8Array.from(file);
    for (let flips = 1 + random.below(4); flips > 0; flips--) {
      const place = random.below(head + tail);
      const at = place < head ? place : file.length - 1 - (place - head);
      damaged[at]! ^= 1 << random.below(8);
    }
    return damaged;
  },
  'other bytes anywhere': ({ file }) => {
    const damaged = Uint8Array.from(file);
    for (let bytes = 1 + random.below(30); bytes > 0; bytes--)
      damaged[random.below(file.length)] = random.below(256);
    return damaged;
  },
  'huge numbers in its header': ({ file, head }) => {
    const text = Buffer.from(file).toString('latin1');
    const numbers = [...text.slice(0, head).matchAll(/\d{2,}/g)];
    const { index, 0: found } = numbers[random.below(numbers.length)] ?? { index: 4, 0: '00' };
    return Buffer.from(
      text.slice(0, index) + '9'.repeat(found.length) + text.slice(index + found.length),
      'latin1',
    );
  },
  'a part left out': ({ file }) => {
    const from = random.below(file.length - 1);
    const to = Math.min(file.length, from + 1 + random.below(50));
    return Buffer.concat([file.subarray(0, from), file.subarray(to)]);
  },
};

for (const [name, kind] of Object.entries(KINDS)) {
  test(`damaged: ${name}, ${ROUNDS} times`, async () => {
    assert.is(await refusal(kind.read, kind.file, 'the sound file'), undefined);
    const damages = Object.entries(DAMAGES);
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const [damage, apply] = damages[round % damages.length]!;
      const bytes = apply(kind);
      const message = await refusal(kind.read, bytes, `${damage}, round ${round}`);
      if (message !== undefined) refused++;
      // Never harmless.
      if (damage === 'cut off')
        assert.ok(message !== undefined, `round ${round}: ${bytes.length} bytes were read`);
    }
    assert.ok(refused > ROUNDS / 2, `${refused} of ${ROUNDS} were refused`);
  });
}

/** The sizes in the directory of a zip file, of its first entry. */
const claiming = (compressed: number | undefined, bytes: number) => (directory: Buffer) => {
  if (compressed !== undefined) directory.writeUInt32LE(compressed, 20);
  directory.writeUInt32LE(bytes, 24);
};
const hugeArray = npyOf(
  `{'descr': '|u1', 'fortran_order': False, 'shape': (999999999999, 8, 8), }`,
  new Uint8Array(9),
);
const zeros = Buffer.alloc(64 * 2 ** 20);

const BOMBS: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  'a directory that claims 4 GB': [
    npz({ x, y }, { deflate: true, change: claiming(undefined, 0xffffffff) }),
    /uncompressed|bytes/,
  ],
  'a directory that claims 1 GB of a few bytes': [
    npz({ x, y }, { deflate: true, change: claiming(undefined, 1e9) }),
    /can hold|has \d+ bytes|allow/,
  ],
  'a directory that claims more than the file': [
    npz({ x, y }, { change: claiming(0xfffffff, 0xfffffff) }),
    /announces \d+ bytes/,
  ],
  'more data than the directory claims': [
    npz({ x: Buffer.concat([x, zeros]), y }, { deflate: true, change: claiming(undefined, x.length) }),
    /at least \d+ bytes, its directory allows/,
  ],
  'an array of a trillion images': [npz({ x: hugeArray, y }), /\d/],
  'deflated data of another file': [zip({ 'x.npy': deflateRawSync(zeros), 'y.npy': y }), /npy/],
};

for (const [name, [file, pattern]] of Object.entries(BOMBS)) {
  test(`refuses ${name}`, async () => {
    const message = await refusal(dataset('bomb.npz'), file, name);
    assert.match(message ?? 'it was read', pattern);
  });
}

test('a safetensors header that claims a trillion bytes is refused', async () => {
  const file = Buffer.from(encodeSafetensors(arrays));
  file.writeBigUInt64LE(10n ** 12n, 0);
  assert.match((await refusal(dataset('bomb.safetensors'), file, 'a header')) ?? 'it was read', /header/);
});

test('all of this took less than 1 GB', () => {
  const bytes = 1024 * process.resourceUsage().maxRSS;
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes`);
});

test.run();
