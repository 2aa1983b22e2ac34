/** Data sets as people bring them; see `testWithShared`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDataPath } from '../../../../src/formats/node/data-path.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { flat, full, stack } from '../../../helpers/data/networks.ts';
import { testWithShared } from '../../../helpers/shared.ts';

const networkOf = (input: readonly number[], classes = 10) => stack(input, flat, full('out', classes));
const digits = networkOf([1, 28, 28]);

const READ: [path: string, network: typeof digits, counts: number[], note?: RegExp][] = [
  ['data/fashion', digits, [4000, 1000, 5000]],
  ['data', digits, [5000, 5000, 5000], /single set: 5000 /],
  ['data/mnist14-onehot.safetensors', networkOf([1, 14, 14]), [4800, 1200, 1000]],
  ['data/mnist14-onehot.safetensors', stack([196], full('out', 10)), [4800, 1200, 1000]],
  [
    'failing/idx-26-classes',
    networkOf([1, 28, 28], 26),
    [400, 100, 100],
    /start at 1: .* class 25 is label 26/,
  ],
  ['failing/idx-emnist-letters', networkOf([1, 28, 28], 26), [400, 100, 100], /start at 1/],
  ['failing/idx-32x32', networkOf([1, 32, 32]), [400, 100, 100]],
  ['failing/idx-32x32x3', networkOf([3, 32, 32]), [400, 100, 100]],
  ['failing/idx-float32', digits, [400, 100, 100]],
  ['failing/idx-test-files-only', digits, [150, 150, 150], /single set: 150 /],
  ['failing/idx-test-files-only/t10k-labels-idx1-ubyte.gz', digits, [150, 150, 150], /single set: 150 /],
  ['failing/torchvision-root', digits, [400, 100, 100]],
  ['failing/idx-gzip-without-suffix', digits, [400, 100, 100]],
  ['failing/idx-ten-images', digits, [8, 2, 10]],
];
for (const [path, network, counts, note] of READ) {
  testWithShared(path, `reads ${path} for ${network.input.join(' x ')}`, async (place) => {
    const { train, search, test: held, notes } = await readDataPath(place, { network });
    assert.equal([train.count, search.count, held.count], counts);
    assert.is(notes.length, note ? 1 : 0, notes.join(' '));
    if (note) assert.match(notes[0]!, note);
    const classes = network.nodes.at(-1)!.kind === 'dense' ? Math.max(...held.labels!) + 1 : 0;
    assert.ok(classes >= 10 && new Set(search.labels).size > 1);
    const range = [
      Math.min(...held.pixels.subarray(0, 50_000)),
      Math.max(...held.pixels.subarray(0, 50_000)),
    ];
    assert.ok(range[0] === 0 && range[1]! >= 1, `${range.join()}`);
  });
}

testWithShared(
  'failing/idx-32x32x3',
  'channels last come first: a grey image has three equal planes',
  async (place) => {
    const { train } = await readDataPath(place, { network: networkOf([3, 32, 32]) });
    const [red, green, blue] = [0, 1, 2].map((c) => [...train.pixels.subarray(c * 1024, (c + 1) * 1024)]);
    assert.ok(red!.some((value) => value > 100));
    assert.equal(red, green);
    assert.equal(red, blue);
  },
);

for (const [path, pattern] of [
  ['failing/idx-26-classes', /so the data have 26 classes, the network has 10/],
  [
    'failing/idx-emnist-letters',
    /emnist-letters-train-labels-\S+: label 26 .* have 26 classes, the network has 10/,
  ],
  ['failing/idx-32x32', /the images are 32 x 32, the network takes 1 x 28 x 28/],
  ['failing/idx-32x32x3', /the images are 32 x 32 x 3, the network takes 1 x 28 x 28/],
  ['data/mnist14-onehot.safetensors', /\(Xtrain\): the images are 196, the network takes 1 x 28 x 28/],
  ['failing/lenet5-f16.safetensors', /which are no images with labels/],
  ['failing/lenet5-trailing-bytes.safetensors', /bytes of data, its tensors fill/],
] as const) {
  testWithShared(path, `refuses ${path} for a network of digits`, (place) =>
    assertBadInput(() => readDataPath(place, { network: digits }), pattern),
  );
}

test('a path that is not there is refused by name', () =>
  assertBadInput(() => readDataPath('no/such/data', { network: digits }), /no\/such\/data does not exist/));

test.run();
