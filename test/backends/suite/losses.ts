/** Losses and predictions agree with the float64 reference. */
import * as assert from 'uvu/assert';
import type { ImageSet } from '../../../src/data/dataset.ts';
import type { Engine } from '../../../src/engine/backend.ts';
import type { Activation } from '../../../src/kernels/activation.ts';
import type { Model } from '../../../src/network/model.ts';
import type { Network } from '../../../src/network/network.ts';
import { loadMnist, loadModel, takeImages } from '../../../src/node.ts';
import { evaluateFull, expectation } from '../../helpers/search/evaluations.ts';
import { randomImages, randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';
import { conv, flat, full, means, stack } from '../../helpers/data/networks.ts';
import { isFull } from '../../helpers/sample.ts';
import { testOn, type Backend, type Configuration } from './backend.ts';

const tinyWith = (end: Activation): Network =>
  stack(
    [1, 8, 8],
    conv('conv1', 3, 3, { padding: 1, end }),
    means(),
    conv('conv2', 5, 2, { end }),
    flat,
    full('fc1', 14, end),
    full('out', 4),
  );

/** Chains, which every backend runs. */
const chains: Readonly<Record<string, Network>> = {
  mixed: tinyNetwork,
  tanh: tinyWith('tanh'),
  relu: tinyWith('relu'),
  'dense only': stack([1, 5, 7], flat, full('fc1', 9, 'tanh'), full('out', 3)),
  'odd widths': stack(
    [1, 9, 7],
    conv('conv1', 4, 3, { end: 'relu' }),
    conv('conv2', 3, 3, { padding: 1, end: 'sigmoid' }),
    conv('conv3', 5, 3, { padding: 2, end: 'tanh' }),
    means(),
    flat,
    full('out', 5),
  ),
};

/** Fails unless losses are within a tolerance in nats, and predictions equal wherever the bounds leave no doubt. */
async function assertNearReference(
  engine: Engine,
  { model, images, densities }: { model: Model; images: ImageSet; densities: readonly number[] },
  toleranceOf: (expected: { readonly loss: number; readonly bound: number }) => number,
): Promise<void> {
  const evaluator = await engine.evaluator(model, images);
  const losses = new Set<number>();
  for (const density of densities) {
    const masks = randomMasks(model.network, density, `density ${density}`);
    const what = `${images.count} images, density ${density}`;
    const expected = expectation(model, images, masks);
    const tolerance = toleranceOf(expected);
    // A bound that allows everything would show nothing.
    assert.ok(tolerance < 1e-3 * expected.loss, `${what}: the bound is ${tolerance}`);
    assert.ok(
      expected.unclear <= 1 + images.count / 10,
      `${what}: ${expected.unclear} predictions are unclear`,
    );
    const { loss, accuracy } = await evaluateFull(evaluator, masks);
    assert.ok(Math.abs(loss - expected.loss) <= tolerance, `${what}: ${loss}, expected ${expected.loss}`);
    const right = expected.predictions.filter((best, i) => best === images.labels![i]).length;
    assert.ok(Math.abs(accuracy! * images.count - right) <= expected.unclear + 1e-9, `${what}: ${accuracy}`);
    // With the reference's predictions as labels, an accuracy of 1 means that all predictions are equal.
    const relabelled = await engine.evaluator(model, { ...images, labels: expected.predictions });
    const different = (1 - (await evaluateFull(relabelled, masks)).accuracy!) * images.count;
    assert.ok(different <= expected.unclear + 1e-9, `${what}: ${different} predictions differ`);
    await relabelled.close();
    losses.add(loss);
  }
  assert.is(losses.size, densities.length, 'the masks make no difference');
  await evaluator.close();
}

export function testLosses(backend: Backend): void {
  const cases = [
    ...Object.entries(chains).map(([name, network]) => ({ name, network, counts: [1, 23, 24, 25, 49] })),
    ...Object.entries(backend.graphs).map(([name, network]) => ({ name, network, counts: [1, 25] })),
  ];
  for (const { name, network, counts } of cases) {
    testOn(
      backend,
      `network ${name}: losses are within the derived bound of float64, for any number of images`,
      async (engine) => {
        const model = randomModel(network, name);
        for (const count of counts) {
          const images = randomImages(network, count, `${name} ${count}`);
          await assertNearReference(
            engine,
            { model, images, densities: [1, 0.7, 0.3] },
            ({ bound }) => bound,
          );
        }
      },
    );
  }
}

export function testTrainedNetwork(backend: Configuration): void {
  testOn(backend, 'losses of the trained network agree with float64 to 1e-5', async (engine) => {
    const model = await loadModel();
    const images = takeImages((await loadMnist()).search, isFull ? 256 : 64);
    const densities = [1, 0.7, 0.4, 0.1];
    await assertNearReference(engine, { model, images, densities }, ({ loss }) => 1e-5 * loss);
  });
}
