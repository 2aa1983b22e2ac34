import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pixelsPerImage, type ImageSet } from '../../../src/data/dataset.ts';
import { referenceEvaluator } from '../../../src/engine/reference/reference.ts';
import type { Model } from '../../../src/network/model.ts';
import { lenet5 } from '../../../src/network/lenet5.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { fullMasks } from '../../../src/core/mask.ts';
import { train, type EpochReport, type TrainOptions } from '../../../src/train/train.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { assertClose } from '../../helpers/assert/close.ts';
import { conv, flat, full, means, stack, valuesOf } from '../../helpers/data/networks.ts';
import { searchError } from '../../helpers/search/drive-search.ts';

const network = stack(
  [1, 5, 6],
  conv('conv', 4, 3, { padding: 1, end: 'tanh' }),
  means(),
  flat,
  full('hidden', 8, 'sigmoid'),
  full('out', 3),
);

/** Noise with a bright bar: standing, lying or none. Where the bar is says nothing. */
function bars(count: number, key: string): ImageSet {
  const random = seedrandom.alea(key);
  const pixels = Uint8Array.from({ length: count * 30 }, () => Math.floor(random() * 100));
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  labels.forEach((label, image) => {
    const place = Math.floor(random() * 5);
    for (let k = 0; k < 5; k++) {
      if (label === 0) pixels[image * 30 + k * 6 + place] = 255;
      if (label === 1) pixels[image * 30 + place * 6 + k] = 255;
    }
  });
  return { count, height: 5, width: 6, pixels, labels };
}

const data = { train: bars(301, 'train'), search: bars(50, 'search') };
const options: TrainOptions = {
  seed: '1',
  epochs: 3,
  batchSize: 16,
  learningRate: 0.01,
  normalization: { mean: 0.25, std: 0.5 },
};
/** Scores that are the biases alone: black images say nothing, and their labels decide all. */
const blind = stack([1, 1, 1], flat, full('out', 3));
const black: ImageSet = {
  count: 40,
  height: 1,
  width: 1,
  pixels: new Uint8Array(40),
  labels: Uint8Array.from({ length: 40 }, (_, i) => (i * i) % 3),
};

/** Changes no parameter by as much as float32 can hold. */
const STANDSTILL = 1e-300;

function bytesOf({ tensors }: Model): Buffer {
  return Buffer.concat([...tensors.values()].map(({ buffer }) => Buffer.from(buffer)));
}

async function referenceLoss(model: Model, images: ImageSet): Promise<number> {
  const evaluator = referenceEvaluator(model, images);
  const masks = fullMasks(problemOf(model.network).layers);
  const [evaluation] = await evaluator.evaluate([{ masks }]);
  await evaluator.close();
  return evaluation?.exceeded === false ? evaluation.loss : NaN;
}

test('learns to tell bars that it has not seen', async () => {
  const { history, model } = await train(network, data, { ...options, epochs: 40 });
  const [first, last] = [history[0]!, history.at(-1)!];
  assert.ok(first.trainLoss > 0.9 && last.trainLoss < 0.1, `${first.trainLoss} to ${last.trainLoss}`);
  assert.ok(
    last.searchLoss < 0.2 && last.searchAccuracy! > 0.9,
    `${last.searchLoss}, ${last.searchAccuracy}`,
  );
  assert.is(model.network, network);
  assert.equal(model.normalization, options.normalization);
});

test('a seed decides every byte', async () => {
  const [once, again, other] = [
    await train(network, data, options),
    await train(network, data, options),
    await train(network, data, { ...options, seed: '2' }),
  ];
  assert.ok(bytesOf(once.model).equals(bytesOf(again.model)));
  assert.equal(once.history, again.history);
  assert.not.ok(bytesOf(once.model).equals(bytesOf(other.model)));
});

test('weights start within the bounds of Glorot and Bengio, biases at 0', async () => {
  const { model } = await train(network, data, { ...options, epochs: 1, learningRate: STANDSTILL });
  const limits = [Math.sqrt(6 / (9 + 4 * 9)), Math.sqrt(6 / (24 + 8)), Math.sqrt(6 / (8 + 3))];
  valuesOf(model).forEach(({ weight, bias }, i) => {
    const limit = limits[i]!;
    const [lowest, highest] = [Math.min(...weight) / -limit, Math.max(...weight) / limit];
    assert.ok(Math.max(lowest, highest) <= 1 && Math.min(lowest, highest) > 0.75, `${lowest}, ${highest}`);
    assert.ok(bias.every((value) => value === 0));
  });
  // Each layer has a stream of its own, and each seed.
  const shares = valuesOf(model).map(({ weight }, i) => weight[0]! / limits[i]!);
  assert.ok(Math.abs(shares[0]! - shares[1]!) > 1e-3, shares.join());
  const other = await train(network, data, { ...options, seed: '2', epochs: 1, learningRate: STANDSTILL });
  assert.not.equal(valuesOf(other.model)[0]!.weight, valuesOf(model)[0]!.weight);
});

test('every epoch takes all images, in an order that seed and epoch decide', async () => {
  const ordersOf = async (seed: string) => {
    const indices: number[] = [];
    const size = pixelsPerImage(black);
    const pixels = new Proxy(black.pixels, {
      get(target, key) {
        if (key === 'length') return target.length;
        if (Number(key) % size === 0) indices.push(Number(key) / size);
        return target[Number(key)];
      },
    });
    await train(blind, { train: { ...black, pixels }, search: black }, { ...options, seed });
    return [0, 1, 2].map((epoch) => indices.slice(epoch * black.count, (epoch + 1) * black.count).join());
  };
  const orders = [...(await ordersOf('1')), ...(await ordersOf('2'))];
  assert.is(new Set(orders).size, 6);
  const all = [...black.labels!.keys()];
  for (const order of orders) {
    const indices = order.split(',').map(Number);
    assert.equal(new Set(indices), new Set(all));
    assert.is(indices.length, all.length);
  }
  assert.equal(await ordersOf('1'), orders.slice(0, 3));
});

test('comes to rest as the rate falls to 0', async () => {
  const restless = { ...options, epochs: 60, batchSize: 1, learningRate: 0.3 };
  const plain = { ...restless, normalization: { mean: 0, std: 1 } };
  const { history } = await train(blind, { train: black, search: black }, plain);
  const changes = history.slice(1).map(({ searchLoss }, i) => Math.abs(searchLoss - history[i]!.searchLoss));
  assert.ok(Math.max(...changes.slice(0, 30)) > 0.01, 'batches of one image keep it moving at first');
  assert.ok(changes.at(-1)! < 1e-4, `${changes.at(-1)}`);
});

test('an epoch takes every image once, also when the last batch is smaller', async () => {
  const still = { ...options, learningRate: STANDSTILL };
  const { history } = await train(network, { ...data, search: data.train }, still);
  // The same parameters and images in another order, so only rounding differs: the search loss has float32 parameters.
  for (const { trainLoss, searchLoss } of history) {
    assertClose([trainLoss], [searchLoss], { label: 'loss', rtol: 1e-6, allowConstant: true });
  }
});

test('keeps the epoch of the lowest search loss, whose loss the model has', async () => {
  const contrary = { ...data.search, labels: data.search.labels!.map((label) => (label + 1) % 3) };
  const found = await train(network, { ...data, search: contrary }, { ...options, epochs: 12 });
  const { epoch, history, model } = found;
  const losses = history.map(({ searchLoss }) => searchLoss);
  assert.is(losses[epoch - 1], Math.min(...losses));
  assert.ok(epoch < 12 && losses.at(-1)! > losses[epoch - 1]! + 0.1, 'learning makes it worse');
  // The evaluator rounds each image's loss to 2^-20 nat.
  const expected = await referenceLoss(model, contrary);
  assertClose([losses[epoch - 1]!], [expected], { label: 'loss', atol: 2 ** -21, allowConstant: true });
});

test('reports every epoch as it ends', async () => {
  const reports: EpochReport[] = [];
  const { history } = await train(network, data, { ...options, onEpoch: (report) => reports.push(report) });
  assert.equal(reports, history);
  const numbers = reports.map(({ epoch, epochs }) => `${epoch} of ${epochs}`);
  assert.equal(numbers, ['1 of 3', '2 of 3', '3 of 3']);
});

test('stops at its signal, which a timer can give', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort('enough'), 5);
  const endless = { ...options, epochs: 1e9, signal: controller.signal };
  const { message, cause } = await searchError('aborted', () => train(network, data, endless));
  assert.match(message, /in epoch \d+ of 1000000000$/);
  assert.is(cause, 'enough');
});

test('refuses options that make no sense', async () => {
  const wrong: [Partial<TrainOptions>, RegExp][] = [
    [{ epochs: 0 }, /^epochs is 0/],
    [{ epochs: 1.5 }, /^epochs is 1\.5/],
    [{ batchSize: NaN }, /^batchSize is NaN/],
    [{ batchSize: -8 }, /^batchSize is -8/],
    [{ learningRate: 0 }, /^learningRate is 0/],
    [{ learningRate: Infinity }, /^learningRate is Infinity/],
    [{ normalization: { mean: 0, std: 0 } }, /^std is 0/],
    [{ normalization: { mean: NaN, std: 1 } }, /^mean is NaN/],
  ];
  for (const [change, message] of wrong) {
    await assertBadInput(() => train(network, data, { ...options, ...change }), message);
  }
});

test('refuses images that the network does not take', async () => {
  await assertBadInput(() => train(lenet5(), data, options), /5 x 6.*28 x 28/);
  const unknown = { ...data.search, labels: data.search.labels!.map(() => 3) };
  await assertBadInput(() => train(network, { ...data, search: unknown }, options), /label of image 0 is 3/);
});

test('says so when the rate makes the loss overflow, in the middle of an epoch or at its end', async () => {
  for (const batchSize of [16, 1000]) {
    const change = { batchSize, learningRate: 1e300 };
    await assertBadInput(() => train(network, data, { ...options, ...change }), /^learningRate is 1e\+300, /);
  }
});

test.run();
