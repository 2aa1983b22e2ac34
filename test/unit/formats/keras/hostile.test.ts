/** Damaged and hostile files of Keras: each is refused in one sentence, or a model; none takes long. */
import { unzipSync, zipSync } from 'fflate';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { kindOfFile } from '../../../../src/formats/kind-of-file.ts';
import { filesBeside, modelFromFile } from '../../../../src/formats/model-file.ts';
import type { FilesBeside } from '../../../../src/formats/model-format.ts';
import { refusal as refusalOf } from '../../../helpers/assert/hostile.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import { h5Of, kerasOf, tfjsOf } from '../../../helpers/keras/files.ts';
import { configOf, type KerasNetwork } from '../../../helpers/keras/network.ts';
import { KERAS_NETWORKS } from '../../../helpers/keras/networks.ts';
import { isFull } from '../../../helpers/sample.ts';

const ROUNDS = isFull ? 400 : 60;
const random = generator('hostile keras');

function refusal(name: string, bytes: Uint8Array, beside: FilesBeside, what: string): string | undefined {
  return refusalOf(() => {
    const file = { name, bytes };
    kindOfFile(file);
    filesBeside(file);
    modelFromFile(file, {}, beside);
  }, what);
}

type Damage = (file: Uint8Array) => Uint8Array;
const changed = (file: Uint8Array, change: (copy: Uint8Array) => void) => {
  const copy = Uint8Array.from(file);
  change(copy);
  return copy;
};

const DAMAGES: Readonly<Record<string, Damage>> = {
  'cut off': (file) => file.subarray(0, random.below(file.length)),
  'flipped bits': (file) =>
    changed(file, (copy) => {
      for (let flips = 1 + random.below(6); flips > 0; flips--)
        copy[random.below(file.length)]! ^= 1 << random.below(8);
    }),
  'flipped bits in one place': (file) =>
    changed(file, (copy) => {
      const at = random.below(file.length);
      for (let i = at; i < Math.min(file.length, at + 8); i++) copy[i]! ^= 1 << random.below(8);
    }),
  'huge sizes': (file) =>
    changed(file, (copy) => {
      const at = 8 * random.below(Math.floor(file.length / 8));
      copy.fill(0xff, at, at + 1 + random.below(8));
    }),
  'addresses of others': (file) =>
    changed(file, (copy) => {
      const view = new DataView(copy.buffer);
      const word = () => 8 * random.below(Math.floor(file.length / 8));
      // Where structures refer to each other, they now refer to any other.
      for (let i = 0; i < 4; i++) view.setBigUint64(word(), view.getBigUint64(word(), true), true);
    }),
  'a part left out': (file) => {
    const from = random.below(file.length - 1);
    return Uint8Array.of(...file.subarray(0, from), ...file.subarray(from + 1 + random.below(50)));
  },
};

const NETWORKS = ['a small convolutional', 'a residual block', 'depthwise and separable'].map(
  (start) => KERAS_NETWORKS.find(({ name }) => name.startsWith(start))!.network,
);
const NONE: FilesBeside = new Map();

interface Good {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly beside: FilesBeside;
  /** The file around other bytes of its inner one. */
  readonly wrap?: (inner: Uint8Array) => Uint8Array;
}

function filesOf(network: KerasNetwork): readonly Good[] {
  const tfjs = tfjsOf(network, { shardBytes: 500 });
  const keras = kerasOf(network);
  const entries = unzipSync(keras);
  return [
    { name: 'a.h5', bytes: h5Of(network), beside: NONE },
    { name: 'b.h5', bytes: h5Of(network, { latest: true, version: 3 }), beside: NONE },
    { name: 'c.keras', bytes: keras, beside: NONE },
    { name: 'd.keras', bytes: kerasOf(network, 6), beside: NONE },
    {
      // Damaged before it was put into a file with the right checksums.
      name: 'e.keras',
      bytes: entries['model.weights.h5']!,
      beside: NONE,
      wrap: (inner) => zipSync({ ...entries, 'model.weights.h5': inner }, { level: 0 }),
    },
    { name: 'model.json', bytes: tfjs.main, beside: tfjs.beside },
  ];
}

for (const [damage, apply] of Object.entries(DAMAGES)) {
  test(`${damage}, ${ROUNDS} times each file`, () => {
    let refused = 0;
    for (const { name, bytes, beside, wrap = (one: Uint8Array) => one } of filesOf(NETWORKS[0]!)) {
      assert.is(refusal(name, wrap(bytes), beside, name), undefined);
      for (let round = 0; round < ROUNDS; round++) {
        const what = `${name}, ${damage}, round ${round}`;
        if (refusal(name, wrap(apply(bytes)), beside, what) !== undefined) refused++;
      }
    }
    assert.ok(refused > ROUNDS);
  });
}

const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    -1,
    0,
    1,
    2,
    0.5,
    1e9,
    2 ** 31,
    2 ** 53,
    -(2 ** 40),
    1e300,
    '',
    'same',
    '\u0000\u001b[31m',
    'x'.repeat(5000),
  ],
  ...[
    [],
    [[]],
    [1],
    [2 ** 20, 2 ** 20],
    [-1, -1],
    [null, null, null],
    {},
    { class_name: 'Sequential' },
    { class_name: 'Dense' },
  ],
  ...[
    ['input_1', 0, 0],
    [['input_1', 0, 0]],
    '__proto__',
    'constructor',
    'channels_first',
    new Array(2000).fill(0),
  ],
];

/** Configuration with some of its values replaced by others. */
function mutated(config: unknown): unknown {
  const copy = JSON.parse(JSON.stringify({ config })) as Record<string, unknown>;
  const places: (readonly [Record<string, unknown>, string])[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key]);
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(copy);
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const [owner, key] = places[random.below(places.length)]!;
    if (random.below(4) === 0 && !Array.isArray(owner)) delete owner[key];
    else owner[key] = VALUES[random.below(VALUES.length)];
  }
  return copy['config'];
}

test('other values in configurations', () => {
  let [refused, read] = [0, 0];
  for (const [i, network] of NETWORKS.entries()) {
    for (let round = 0; round < 5 * ROUNDS; round++) {
      const version = round % 2 === 0 ? 2 : 3;
      const config = mutated(configOf(network, version));
      const what = `network ${i}, round ${round}: ${JSON.stringify(config)?.slice(0, 3000)}`;
      const bytes = h5Of(network, { config: config ?? null, version });
      if (refusal('a.h5', bytes, NONE, what) === undefined) read++;
      else refused++;
    }
  }
  assert.ok(refused > ROUNDS && read > ROUNDS, `${refused} refused, ${read} read`);
});

test('other values in model.json', () => {
  let refused = 0;
  for (let round = 0; round < 5 * ROUNDS; round++) {
    const { main, beside } = tfjsOf(NETWORKS[round % NETWORKS.length]!, {
      shardBytes: 500,
      quantized: 'uint8',
    });
    const json = mutated(JSON.parse(new TextDecoder().decode(main)));
    const bytes = new TextEncoder().encode(JSON.stringify(json) ?? 'null');
    if (
      refusal('model.json', bytes, beside, `round ${round}: ${JSON.stringify(json)}`.slice(0, 3000)) !==
      undefined
    )
      refused++;
  }
  assert.ok(refused > ROUNDS);
});

test('a zip file that inflates to more than it announces, and one that announces more than it holds', () => {
  const zeros = zipSync({ 'config.json': new Uint8Array(2 ** 24), 'model.weights.h5': new Uint8Array(8) });
  assert.match(refusal('a.keras', zeros, NONE, 'zeros')!, /is no JSON/);
  const view = new DataView(zeros.buffer);
  let central = zeros.length - 4;
  while (view.getUint32(central, true) !== 0x02014b50) central--;
  // The last entry of the directory is stored: 4 GiB are announced in it.
  view.setUint32(central + 24, 0xffff_fff0, true);
  const message = refusal(
    'a.keras',
    changed(zeros, () => undefined),
    NONE,
    'announced',
  );
  assert.match(message!, /is no JSON|at most 1073741824 are allowed/);
});

test('a chain of 5,000 layers, and configurations that are deep', () => {
  const layer = (name: string, read: string) => ({
    ...{ class_name: 'Activation', name, config: { name, activation: 'relu' } },
    inbound_nodes: [[[read, 0, 0, {}]]],
  });
  const layers: unknown[] = [
    { class_name: 'InputLayer', name: 'l0', config: { batch_input_shape: [null, 4] }, inbound_nodes: [] },
  ];
  for (let i = 1; i <= 5000; i++) layers.push(layer(`l${i}`, `l${i - 1}`));
  const config = { layers, input_layers: [['l0', 0, 0]], output_layers: [['l5000', 0, 0]] };
  const bytes = h5Of(NETWORKS[0]!, { config: { class_name: 'Functional', config } });
  assert.is(refusal('a.h5', bytes, NONE, 'chain'), undefined);
  const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
  for (const text of [
    deep,
    `{"class_name":"Functional","config":{"layers":${deep},"input_layers":${deep}}}`,
  ]) {
    const json = new TextEncoder().encode(`{"modelTopology":${text},"weightsManifest":[]}`);
    assert.ok(refusal('model.json', json, NONE, 'deep') !== undefined);
  }
});

test.run();
