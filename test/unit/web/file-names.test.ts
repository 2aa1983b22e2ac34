/** How the page names files, and the command that repeats its run. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commandOptions, namesOf } from '../../../web/src/subject/file-names.ts';

const files = (...paths: string[]) => paths.map((path) => ({ path, file: undefined as never }));
const given = { model: [], data: [], reading: {}, architecture: undefined };
const images = files('pets/cat/1.png', 'pets/cat/2.png', 'pets/dog/1.png', 'pets/dog/2.png');

test('many files are named by their folder, or the first of them', () => {
  assert.is(namesOf(files('a.csv')), 'a.csv');
  assert.is(namesOf(files('x.npy', 'y.npy')), 'x.npy, y.npy');
  assert.is(namesOf(images), 'pets (4 files)');
  assert.is(
    namesOf(files('a/1.png', 'b/1.png', 'c/1.png', 'd/1.png')),
    'a/1.png, b/1.png, c/1.png and 1 more',
  );
});

for (const [what, data, expected] of [
  ['one file', files('mine.npz'), 'mine.npz'],
  ['two npy files', files('x.npy', 'y.npy'), 'x.npy'],
  ['IDX files', files('t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'), 't10k-images-idx3-ubyte'],
  ['files of CIFAR', files('data_batch_1.bin', 'test_batch.bin'), 'data_batch_1.bin'],
  ['two tables', files('mnist_test.csv', 'mnist_train.csv'), '.'],
  ['a folder', images, 'pets'],
  ['folders of classes', files('cat/1.png', 'dog/1.png'), '.'],
] as const) {
  test(`a command takes ${what} as ${expected}`, () => {
    assert.equal(commandOptions({ ...given, data }), { data: expected });
  });
}

test('a command has the model in its folder, the file of its network, and how both are read', () => {
  const reading = { mean: '1', labelColumn: 'kind' };
  const model = files('net/model.json', 'net/shard.bin');
  assert.equal(commandOptions({ ...given, model, reading, architecture: '{}' }), {
    model: 'net/model.json',
    architecture: 'network.json',
    ...reading,
  });
  assert.equal(commandOptions({ ...given, reading }), {}, 'of what is bundled nothing is said');
});

test.run();
