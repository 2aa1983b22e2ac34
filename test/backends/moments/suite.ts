/** Second moments of the inputs of layers: what every backend promises. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { takeImages, type ImageSet } from '../../../src/data/dataset.ts';
import type { Engine, Moments } from '../../../src/engine/backend.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { activation, conv2d, dense, flatten, sequential } from '../../../src/network/builder.ts';
import { lenet5 } from '../../../src/network/lenet5.ts';
import type { Model } from '../../../src/network/model.ts';
import type { Network } from '../../../src/network/network.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { applyMasks } from '../../../src/network/apply-masks.ts';
import { assertMoments, momentBounds } from '../../helpers/assert/moments.ts';
import { assertRejects } from '../../helpers/assert/rejects.ts';
import { GRAPHS } from '../../helpers/data/graphs/index.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { randomImages, randomMasks, randomModel, shadedImages } from '../../helpers/data/models.ts';
import { withTimeout } from '../../helpers/gpu.ts';
import { testOn, type Configuration } from '../suite/backend.ts';

export interface MomentsTask {
  readonly model: Model;
  readonly images: ImageSet;
  readonly current: Model;
}

export interface MomentsBackend extends Configuration {
  /** A comparison of a layer's moments with what they should be, which must also notice a mistake. */
  readonly expected: (task: MomentsTask) => (found: Moments, layer: number) => void | Promise<void>;
  /** Images of a network. Default: 5 of LeNet-5, which are many positions, and 29 of the others. */
  readonly count?: number;
  /** Names of the networks that it runs; default: all. */
  readonly networks?: readonly string[];
}

/** Beyond the graphs: one weight in layers of 1, 2 and 4 groups. */
const sharedAcrossGroups = sequential(
  [1, 6, 6],
  conv2d('stem', { outChannels: 2, kernel: 3, weight: 'shared.weight' }),
  conv2d('grouped', { outChannels: 2, kernel: 3, padding: 1, groups: 2, weight: 'shared.weight' }),
  activation('tanh', 'tanh'),
  flatten('flat'),
  dense('out', { outputs: 3 }),
);

export const NETWORKS: Readonly<Record<string, Network>> = {
  'LeNet-5': lenet5(),
  ...GRAPHS,
  'shared across groups': sharedAcrossGroups,
};

/** The model with half of its weights pruned, and the others and the biases changed, as after a repair. */
export function repaired(model: Model, seed: string): Model {
  const pruned = applyMasks(model, randomMasks(model.network, 0.5, seed));
  const random = generator(seed);
  const tensors = new Map(pruned.tensors);
  for (const [name, values] of tensors) {
    if (!/weight|bias/.test(name)) continue;
    tensors.set(
      name,
      values.map((value) => value * (1 + 0.2 * random.floats(1)[0]!)),
    );
  }
  return { ...model, tensors };
}

export async function allMoments(
  engine: Engine,
  model: Model,
  images: ImageSet,
  current: Model,
): Promise<readonly Moments[]> {
  const calibrator = await engine.calibrator(model, images);
  const found: Moments[] = [];
  for (const layer of problemOf(model.network).layers.keys()) {
    found.push(await withTimeout(calibrator.moments(layer, current.tensors), 60_000, `layer ${layer}`));
  }
  await calibrator.close();
  return found;
}

/** What distinguishes two results, if anything does. */
export function assertSameBits(found: readonly Moments[], expected: readonly Moments[], what: string): void {
  assert.is(found.length, expected.length);
  found.forEach((moments, layer) => {
    for (const name of ['gram', 'cross'] as const) {
      const [a, b] = [moments[name], expected[layer]![name]];
      assert.is(a.length, b.length);
      const wrong = a.findIndex((value, i) => value !== b[i]);
      assert.is(wrong, -1, `${what}, layer ${layer}: ${name}[${wrong}] is ${a[wrong]}, not ${b[wrong]}`);
    }
  });
}

export function testMoments(backend: MomentsBackend): void {
  const { networks = Object.keys(NETWORKS) } = backend;
  for (const name of networks) testNetwork(backend, name);

  const model = randomModel(GRAPHS.residual, 'residual');
  const images = randomImages(GRAPHS.residual, 53, 'residual');

  testOn(
    backend,
    'moments, equal parameters: the same inputs, whether they are found to be or not',
    async (engine) => {
      const own = await allMoments(engine, model, images, model);
      for (const { gram, cross } of own) assert.equal(cross.slice(0, 300), gram.slice(0, 300));
      // An output of the stem that is always 0, whatever its weights: now layers differ, but no tensor does.
      const dead = withDeadOutput(model);
      const other = withDeadOutput(model, 0.5);
      const same = await allMoments(engine, dead, images, dead);
      assertSameBits(await allMoments(engine, dead, images, other), same, 'another weight of a dead output');
      // Parameters of later layers are no parameters of a layer's inputs.
      const calibrator = await engine.calibrator(model, images);
      const changed = repaired(model, 'later');
      const early = await calibrator.moments(0, changed.tensors);
      assertSameBits([early], [own[0]!], 'later parameters');
    },
  );

  testOn(backend, 'moments of the first images alone', async (engine) => {
    const current = repaired(model, 'first');
    const calibrator = await engine.calibrator(model, images);
    assert.is(calibrator.images, images.count);
    const few = images.count - 2;
    const fewer = await allMoments(engine, model, takeImages(images, few), current);
    for (const layer of problemOf(model.network).layers.keys()) {
      const found = await calibrator.moments(layer, current.tensors, { images: few });
      assert.is(found.samples, fewer[layer]!.samples);
      assertSameBits([found], [fewer[layer]!], `layer ${layer}`);
    }
    for (const wrong of [0, images.count + 1, 1.5])
      await assertRejects(calibrator.moments(0, model.tensors, { images: wrong }), 'bad-input', /images is/);
  });

  testOn(
    backend,
    'moments: calls at once, in any order, after an abort and beside an evaluator',
    async (engine) => {
      const current = repaired(model, 'order');
      const expected = await allMoments(engine, model, images, current);
      const calibrator = await engine.calibrator(model, images);
      const evaluator = await engine.evaluator(model, images);
      const masks = randomMasks(model.network, 0.7, 'beside');
      const [alone] = await evaluator.evaluate([{ masks }]);
      const other = repaired(model, 'other');
      const [beside, ...results] = await Promise.all([
        evaluator.evaluate([{ masks }]),
        ...[4, 1, 2].map((layer) => calibrator.moments(layer, current.tensors)),
        calibrator.moments(3, other.tensors),
        calibrator.moments(3, current.tensors),
      ]);
      assert.equal(beside, [alone]);
      assertSameBits(
        [results[0], results[1], results[2]!, results[4]!],
        [4, 1, 2, 3].map((layer) => expected[layer]!),
        'at once',
      );
      const aborted = calibrator.moments(3, other.tensors, { signal: AbortSignal.abort() });
      await assertRejects(aborted, 'aborted');
      const aborter = new AbortController();
      const late = calibrator.moments(3, other.tensors, { signal: aborter.signal });
      // It has started by the next turn of the event loop.
      setTimeout(() => aborter.abort());
      await late.catch((error: unknown) => assert.match(String(error), /aborted/));
      assertSameBits([await calibrator.moments(3, current.tensors)], [expected[3]!], 'after an abort');
    },
  );

  testOn(backend, 'moments: closing waits for the call in progress and refuses others', async (engine) => {
    const calibrator = await engine.calibrator(model, images);
    const inProgress = calibrator.moments(2, repaired(model, 'close').tensors);
    await new Promise((resolve) => setTimeout(resolve));
    const closing = calibrator.close();
    await assertRejects(calibrator.moments(2, model.tensors), 'closed', /calibrator was closed/);
    assert.ok((await inProgress).size > 1);
    await closing;
    await calibrator.close();
    await allMoments(engine, model, images, model);
  });

  test(`${backend.name}: moments: closing the engine refuses all later calls`, async () => {
    const engine = await backend.open();
    const calibrator = await engine.calibrator(model, images);
    await calibrator.moments(1, model.tensors);
    await engine.close();
    await assertRejects(calibrator.moments(1, model.tensors), 'closed');
    await assertRejects(engine.calibrator(model, images), 'closed');
    await withTimeout(calibrator.close(), 10_000, 'closing the calibrator');
  });

  testOn(
    backend,
    'moments: wrong layers, parameters and images are refused, and layers with too many inputs',
    async (engine) => {
      const calibrator = await engine.calibrator(model, images);
      for (const layer of [-1, 7, 0.5, NaN])
        await assertRejects(calibrator.moments(layer, model.tensors), 'bad-input', /layer is/);
      await assertRejects(calibrator.moments(1, new Map()), 'bad-input', /no parameter/);
      const wrong = new Map(model.tensors).set('a1.weight', Float32Array.of(1));
      await assertRejects(calibrator.moments(1, wrong), 'bad-input', /a1.weight has 1 numbers/);
      await assertRejects(
        engine.calibrator(model, { ...images, width: 7 }),
        'bad-input',
        /the network takes/,
      );
      const wide = sequential([1, 64, 65], flatten('flat'), dense('out', { outputs: 2 }));
      const many = await engine.calibrator(randomModel(wide, 'wide'), randomImages(wide, 2, 'wide'));
      const refused = many.moments(0, randomModel(wide, 'wide').tensors);
      await assertRejects(refused, 'limit-exceeded', /layer out has 4160 inputs, .* at most 4096/);
    },
  );
}

/** Every layer of a network. */
export function testNetwork(
  { expected, count, ...backend }: MomentsBackend,
  name: string,
  network: Network = NETWORKS[name]!,
): void {
  const imageCount = count ?? (name === 'LeNet-5' ? 5 : 29);
  testOn(backend, `moments of ${name}: as expected`, async (engine) => {
    const model = randomModel(network, name);
    const current = repaired(model, `${name} repaired`);
    const images = shadedImages(network, imageCount, name);
    const found = await allMoments(engine, model, images, current);
    const compare = expected({ model, images, current });
    for (const [layer, moments] of found.entries()) await compare(moments, layer);
  });
}

/** The first output of the stem never passes its relu; its first weight is `weight`. */
function withDeadOutput(model: Model, weight = 1): Model {
  const stem = model.tensors.get('stem.weight')!.with(0, weight);
  const shift = model.tensors.get('stem norm.bias')!.with(0, -1000);
  return { ...model, tensors: new Map([...model.tensors, ['stem.weight', stem], ['stem norm.bias', shift]]) };
}

/** Compares with the float64 reference, within derived bounds. */
export function fromReference({ model, images, current }: MomentsTask) {
  const calibrator = referenceEngine().calibrator(model, images);
  const fewer = referenceEngine().calibrator(model, { ...images, count: images.count - 1 });
  const boundsOf = momentBounds(model, images, current.tensors);
  return async (found: Moments, layer: number) => {
    const wanted = await (await calibrator).moments(layer, current.tensors);
    const bounds = boundsOf(layer, wanted.gram.length);
    const check = (other: Partial<Moments>) => assertMoments(found, { ...wanted, ...other }, bounds);
    check({});
    // Of an image less, and of the inputs in one network alone, the sums are different.
    const { gram, cross } = await (await fewer).moments(layer, current.tensors);
    assert.throws(() => check({ gram }), /are off/);
    assert.throws(() => check({ cross }), /are off/);
    if (layer > 0) assert.throws(() => check({ cross: wanted.gram }), /are off/);
  };
}
