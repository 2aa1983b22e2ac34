import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseSets } from '../../../../src/formats/datasets/choose.ts';
import { partOf, roleOf } from '../../../../src/formats/datasets/roles.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

const said = (name: string) => {
  const role = roleOf(name);
  return role && [role.part ?? 'only', role.kind, role.prefix].join(' ').trim();
};

test('names say what an array or a file is for', () => {
  for (const [expected, names] of Object.entries({
    'train images':
      'x_train X_train Xtrain xtrain XTRAIN train_x trainX train_images TrainImages x-train images_train',
    'train labels':
      'y_train Ytrain train_labels trainLabels labels-train Y_TRAIN training_labels train_label y_train.npy',
    'test images':
      'x_test Xtest test_images t10k-images-idx3-ubyte t10k-images.idx3-ubyte.gz testImages test-images.npy',
    'test labels': 'y_test Ytest test_labels t10k-labels-idx1-ubyte.gz testLabels test_targets',
    'only images': 'x X images image inputs x.npy images.idx4-ubyte images-idx3.gz',
    'only labels': 'y Y labels label targets target y.npy labels-idx1-ubyte.gz',
    'train images emnist-letters': 'emnist-letters-train-images-idx3-ubyte.gz emnist_letters_x_train',
    'test labels val': 'val_test_labels',
    'only images val': 'val_images x_val',
  })) {
    for (const name of names.split(' ')) assert.is(said(name), expected, name);
  }
  for (const name of 'a readme.txt train xyz y_max_x train_test_images images_labels arr_0 conv1.weight box'.split(
    ' ',
  ))
    assert.is(said(name), undefined, name);
});

test('names of files say which set they hold', () => {
  assert.equal(['mnist-train.npz', 'test.npz', 'T10K', 'mnist.npz', 'train-test.npz'].map(partOf), [
    'train',
    'test',
    'test',
    undefined,
    undefined,
  ]);
});

const choose = (names: string) => {
  const candidates = names.split(' ').map((name) => ({ name, role: roleOf(name) }));
  const { train, test: held, unused } = chooseSets(candidates);
  return [train, held, unused].map((part) => {
    if (!part) return 'none';
    return ('images' in part ? [part.images, part.labels] : part).map((one) => one?.name).join(' ');
  });
};

test('a training and a test set, or one set alone, are chosen', () => {
  assert.equal(choose('y_test x_test y_train x_train'), ['x_train y_train', 'x_test y_test', '']);
  assert.equal(choose('x y'), ['none', 'x y', '']);
  assert.equal(choose('x_test y_test'), ['none', 'x_test y_test', '']);
  assert.equal(choose('x_train y_train'), ['none', 'x_train y_train', '']);
  assert.equal(choose('x y x_test y_test'), ['x y', 'x_test y_test', '']);
  assert.equal(choose('x y ids x_val y_val'), ['none', 'x y', 'ids x_val y_val']);
  assert.equal(choose('x_val x y_val y'), ['none', 'x y', 'x_val y_val']);
  assert.equal(choose('x_val y_val mean'), ['none', 'x_val y_val', 'mean']);
  // Of two files for one role, the first in the order given.
  assert.equal(choose('x.npy x.npy.gz y'), ['none', 'x.npy y', 'x.npy.gz']);
});

test('incomplete, missing and several data sets are refused', async () => {
  for (const [names, pattern] of [
    ['x_train y_train x_test', /hold "x_test" but no test labels beside it/],
    ['x_train y_train y_test', /hold "y_test" but no test images beside it/],
    ['x_test y_test y_train', /hold "y_train" but no train images/],
    ['x', /hold \["x"\], which are no images with labels/],
    ['conv1.weight conv1.bias', /hold \["conv1\.weight", "conv1\.bias"\], which are no images/],
    ['a_x a_y b_x b_y', /hold 2 data sets, \["a", "b"\], only one is allowed/],
  ] as const)
    await assertBadInput(() => choose(names), pattern);
  await assertBadInput(() => chooseSets([]), /the data hold no arrays/);
});

test.run();
