/** The choice of a ridge, against errors over samples in plain loops, and repair with it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pickImages } from '../../../src/data/dataset.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import type { Moments } from '../../../src/engine/backend.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { LayerFit, type Row } from '../../../src/repair/layer-fit.ts';
import { repaired } from '../../../src/repair/repair.ts';
import { chooseRidge, RIDGES, together } from '../../../src/repair/ridge.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { randomImages, randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';

const INPUTS = 12;
const OUTPUTS = 3;

interface Samples {
  readonly x: readonly Float64Array[];
  readonly x0: readonly Float64Array[];
}

/** `noise`: how far the inputs of the pruned network are from those of the unpruned one. */
function samplesOf(count: number, noise: number, seed: string): Samples {
  const random = generator(seed);
  const draw = () => Array.from({ length: count }, () => Float64Array.from(random.floats(INPUTS, 1)));
  const [x, others] = [draw(), draw()];
  return { x, x0: x.map((row, s) => row.map((value, i) => value + noise * others[s]![i]!)) };
}

function momentsOf({ x, x0 }: Samples): Moments {
  const size = INPUTS + 1;
  const gram = new Float64Array(size * size);
  const cross = new Float64Array(size * size);
  x.forEach((row, s) => {
    const [a, b] = [
      [...row, 1],
      [...x0[s]!, 1],
    ];
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        gram[i * size + j]! += a[i]! * a[j]!;
        cross[i * size + j]! += a[i]! * b[j]!;
      }
  });
  return { groups: 1, size, samples: x.length, gram, cross };
}

const random = generator('ridge rows');
const unpruned: readonly Row[] = Array.from({ length: OUTPUTS }, () => ({
  weights: Float64Array.from(random.floats(INPUTS, 1)),
  bias: random.floats(1, 1)[0]!,
}));
const kept = Uint32Array.of(0, 1, 3, 4, 6, 7, 8, 10);
const current = unpruned.map(({ weights, bias }) => ({
  weights: weights.map((weight, i) => (kept.includes(i) ? weight : 0)),
  bias,
}));
const fitOf = (samples: Samples) => new LayerFit(momentsOf(samples), unpruned, true);
const value = ({ weights, bias }: Row, x: Float64Array) =>
  weights.reduce((sum, weight, i) => sum + weight * x[i]!, bias);

for (const [count, noise] of [
  [9, 1],
  [9, 0.1],
  [40, 1],
  [2000, 0.3],
] as const) {
  test(`of ${count} samples the ridge with the least error on others, at noise ${noise}`, () => {
    const fit = fitOf(samplesOf(count, noise, `fit ${count}`));
    const others = samplesOf(50, noise, 'held out');
    const errors = RIDGES.map((ridge) => {
      const rows = current.map((row, output) => fit.refit(output, kept, row, ridge));
      const own = others.x.map((x, s) =>
        rows.reduce((sum, row, o) => sum + (value(row, x) - value(unpruned[o]!, others.x0[s]!)) ** 2, 0),
      );
      return own.reduce((sum, error) => sum + error);
    });
    const chosen = chooseRidge(fit, fitOf(others), current, () => kept);
    assert.is(chosen, RIDGES[errors.indexOf(Math.min(...errors))]);
  });
}

test('few noisy samples take a larger ridge than many', () => {
  const heldOut = fitOf(samplesOf(20_000, 1, 'held out'));
  // Far from the best, which with inputs that are independent is the unpruned row itself.
  const start = current.map(({ bias }) => ({ weights: new Float64Array(INPUTS), bias }));
  const [few, many] = [9, 20_000].map((count) =>
    chooseRidge(fitOf(samplesOf(count, 1, 'fit')), heldOut, start, () => kept),
  );
  assert.ok(few! > many!, `${few} ${many}`);
});

test('moments together are those of all samples', () => {
  const [a, b] = [samplesOf(7, 0.5, 'a'), samplesOf(4, 0.5, 'b')];
  const both = momentsOf({ x: [...a.x, ...b.x], x0: [...a.x0, ...b.x0] });
  const sum = together(momentsOf(a), momentsOf(b));
  assert.is(sum.samples, 11);
  for (const name of ['gram', 'cross'] as const)
    both[name].forEach((expected, i) => assert.ok(Math.abs(sum[name][i]! - expected) < 1e-12));
});

test('a network is repaired on the images of both, with the ridge that each layer chose', async () => {
  const model = randomModel(tinyNetwork, 'ridge');
  const masks = randomMasks(tinyNetwork, 0.4, 'ridge');
  const images = randomImages(tinyNetwork, 30, 'images');
  const engine = referenceEngine();
  const where = Uint32Array.from({ length: 30 }, (_, i) => i);
  const calibrator = (indices: Uint32Array) => engine.calibrator(model, pickImages(images, indices));
  const [fit, heldOut] = [
    await calibrator(where.filter((i) => i < 22)),
    await calibrator(where.filter((i) => i >= 22)),
  ];
  const ridges: number[] = [];
  const onRidge = (layer: number, ridge: number) => ridges.push(layer * 10 + ridge);
  const found = await repaired(fit, model, masks, { heldOut, onRidge });
  const layers = problemOf(tinyNetwork).layers;
  assert.is(ridges.length, layers.length);
  ridges.forEach((told, layer) =>
    assert.ok(RIDGES.some((ridge) => Math.abs(ridge + layer * 10 - told) < 1e-9)),
  );

  // The first layer, whose inputs are the images: the same on one calibrator of all images.
  const ridge = ridges[0]!;
  const all = await repaired(await calibrator(where), model, masks, { ridge });
  const weight = layers[0]!.weight!;
  const compare = (other: typeof all) =>
    other.tensors
      .get(weight)!
      .reduce((most, one, i) => Math.max(most, Math.abs(one - found.tensors.get(weight)![i]!)), 0);
  assert.ok(compare(all) < 1e-6, `${compare(all)}`);
  assert.ok(compare(await repaired(fit, model, masks, { ridge })) > 1e-6, 'not on the first images alone');

  for (const repair of ['bias', 'affine'] as const) {
    const told: number[] = [];
    await repaired(fit, model, masks, { repair, heldOut, onRidge: (layer) => told.push(layer) });
    assert.equal(told, [], 'which have no ridge');
  }
  await engine.close();
});

test.run();
