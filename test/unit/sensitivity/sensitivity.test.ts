/** Layers alone, on the float64 reference, against networks that are changed and evaluated one by one. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countPruned, isKept, maskFromBytes, type Masks } from '../../../src/core/mask.ts';
import type { Engine } from '../../../src/engine/backend.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { conv2d, dense, flatten, sequential } from '../../../src/network/builder.ts';
import type { Model } from '../../../src/network/model.ts';
import { problemOf, prunableWeights, zerosAsMasks } from '../../../src/network/problem.ts';
import { LayerFit } from '../../../src/repair/layer-fit.ts';
import { keptIn, repairableLayers } from '../../../src/repair/repair.ts';
import { repairedLayer } from '../../../src/sensitivity/repaired-layer.ts';
import { sensitivityOf } from '../../../src/sensitivity/sensitivity.ts';
import type { Candidate, Score } from '../../../src/search/contract.ts';
import { assertRejects } from '../../helpers/assert/rejects.ts';
import { GRAPHS } from '../../helpers/data/graphs/index.ts';
import { fullMasks, randomImages, randomModel, tinyNetwork } from '../../helpers/data/models.ts';

const SPARSITIES = [0.5, 0.9];

async function withEngine<T>(action: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = referenceEngine();
  try {
    return await action(engine);
  } finally {
    await engine.close();
  }
}

async function scoreOf(engine: Engine, model: Model, candidate: Candidate): Promise<Score> {
  const evaluator = await engine.evaluator(model, randomImages(model.network, 20, 'images'));
  const [found] = await evaluator.evaluate([candidate]);
  await evaluator.close();
  assert.ok(found && !found.exceeded);
  return { loss: found.loss, accuracy: found.accuracy };
}

/** All weights but the `zeros` of least magnitude of one layer. */
function pruned(model: Model, layer: number, zeros: number): Masks {
  const weights = prunableWeights(model)[layer]!;
  const least = [...weights.keys()].sort((a, b) => Math.abs(weights[a]!) - Math.abs(weights[b]!) || a - b);
  const gone = new Set(least.slice(0, zeros));
  return zerosAsMasks(model).with(layer, maskFromBytes(weights.map((_, i) => (gone.has(i) ? 0 : 1))));
}

for (const [name, network] of Object.entries({ tiny: tinyNetwork, ...GRAPHS })) {
  const model = randomModel(network, name);
  const images = randomImages(network, 20, 'images');
  const calibration = randomImages(network, 30, 'calibration');

  test(`every layer alone, frozen and repaired: ${name}`, () =>
    withEngine(async (engine) => {
      const { unpruned, layers } = await sensitivityOf(engine, model, images, {
        sparsities: SPARSITIES,
        calibration,
      });
      const full = fullMasks(network);
      assert.equal(unpruned, await scoreOf(engine, model, { masks: full }));
      const problem = problemOf(network).layers;
      assert.equal(
        layers.map((layer) => layer.name),
        problem.map((layer) => layer.name),
      );
      const calibrator = await engine.calibrator(model, calibration);
      const rows = repairableLayers(model);
      for (const [layer, { points, weights }] of layers.entries()) {
        assert.equal(
          points.map(({ sparsity }) => sparsity),
          SPARSITIES,
        );
        const zeros = points.map((point) => point.zeros);
        assert.equal(
          zeros,
          SPARSITIES.map((sparsity) => Math.round(sparsity * weights)),
        );
        const repaired = await repairedLayer(calibrator, model, layer, rows[layer]!, full[layer]!, zeros, {
          ridge: 1e-3,
        });
        for (const [i, point] of points.entries()) {
          const masks = pruned(model, layer, zeros[i]!);
          assert.equal(point.frozen, await scoreOf(engine, model, { masks }));
          // As a model of its own.
          const tensors = new Map([...model.tensors, ...repaired[i]!.tensors]);
          assert.equal(point.repaired, await scoreOf(engine, { ...model, tensors }, { masks: full }));
        }
      }
    }));
}

test('of a repaired layer exactly so many weights are 0, and its outputs are closer than with the largest weights fitted', () =>
  withEngine(async (engine) => {
    const model = randomModel(tinyNetwork, 'closer');
    const calibrator = await engine.calibrator(model, randomImages(tinyNetwork, 40, 'calibration'));
    for (const [layer, rows] of repairableLayers(model).entries()) {
      const initial = fullMasks(tinyNetwork)[layer]!;
      const zeros = [0, Math.round(initial.length / 2), initial.length - 3, initial.length];
      const fit = new LayerFit(
        await calibrator.moments(layer, model.tensors),
        rows!.of(model.tensors),
        rows!.hasBias,
      );
      const errorOf = (tensors: Model['tensors']) =>
        rows!.of(tensors).reduce((sum, row, output) => sum + fit.error(output, row), 0);
      const found = await repairedLayer(calibrator, model, layer, rows!, initial, zeros, { ridge: 1e-3 });
      for (const [i, { mask, tensors }] of found.entries()) {
        assert.is(countPruned([mask]), zeros[i]);
        tensors.get(rows!.weight)!.forEach((value, at) => assert.is(value !== 0, isKept(mask, at)));
        const [largest] = [pruned(model, layer, zeros[i]!)[layer]!];
        const fitted = rows!
          .of(model.tensors)
          .map((row, output) => fit.refit(output, keptIn(largest, output, fit.inputs), row, 1e-3));
        const own = errorOf(new Map([...model.tensors, ...tensors]));
        const others = errorOf(new Map([...model.tensors, ...rows!.tensorsOf(fitted)]));
        if (i === 1 && fit.outputs > 4) assert.ok(own < others - 1e-6, `${own}, ${others}`);
        else assert.ok(own < others + 1e-6, `${own}, ${others}`);
      }
    }
  }));

test('weights that are 0 in the model are pruned in every case, and not counted twice', () =>
  withEngine(async (engine) => {
    const full = randomModel(tinyNetwork, 'sparse');
    const name = problemOf(tinyNetwork).layers[2]!.weight!;
    const half = full.tensors.get(name)!.map((value, i) => (i % 2 === 0 ? 0 : value));
    const model = { ...full, tensors: new Map([...full.tensors, [name, half]]) };
    const images = randomImages(tinyNetwork, 20, 'images');
    const options = { sparsities: [0.3, 0.75], calibration: images };
    const { unpruned, layers } = await sensitivityOf(engine, model, images, options);
    const [few, many] = layers[2]!.points;
    assert.equal([few!.zeros, many!.zeros], [Math.ceil(half.length / 2), Math.round(0.75 * half.length)]);
    assert.equal(few!.frozen, unpruned);
    assert.ok(Math.abs(few!.repaired!.loss - unpruned.loss) < 1e-3, 'nothing more is pruned');
    const calibrator = await engine.calibrator(model, images);
    const rows = repairableLayers(model)[2]!;
    const initial = zerosAsMasks(model)[2]!;
    const [alone] = await repairedLayer(calibrator, model, 2, rows, initial, [many!.zeros], { ridge: 1e-3 });
    assert.is(countPruned([alone!.mask]), many!.zeros);
    half.forEach((value, i) => assert.ok(value !== 0 || !isKept(alone!.mask, i), 'pruned for good'));
    assert.equal(many!.frozen, await scoreOf(engine, model, { masks: pruned(model, 2, many!.zeros) }));
  }));

test('a layer that is too large to repair has its frozen figures alone, and so has every layer without repair', () =>
  withEngine(async (engine) => {
    const network = sequential(
      [1, 66, 64],
      conv2d('conv', { outChannels: 1, kernel: 3, padding: 1 }),
      flatten('flat'),
      dense('large', { outputs: 2 }),
    );
    const model = randomModel(network, 'large');
    const images = randomImages(network, 4, 'images');
    const options = { sparsities: [0.5], calibration: images };
    const [conv, large] = (await sensitivityOf(engine, model, images, options)).layers;
    assert.ok(conv!.points[0]!.repaired);
    assert.is(large!.points[0]!.repaired, undefined);
    const frozen = await sensitivityOf(engine, model, images, { sparsities: [0.5] });
    assert.is(frozen.layers[0]!.points[0]!.repaired, undefined);
    assert.equal(
      frozen.layers.map(({ points }) => points[0]!.frozen),
      [conv!, large!].map(({ points }) => points[0]!.frozen),
    );
  }));

test('images go to the device once, and layers are told one after the other', () =>
  withEngine(async (engine) => {
    let evaluators = 0;
    const counting: Engine = {
      device: engine.device,
      evaluator: (...args) => (evaluators++, engine.evaluator(...args)),
      calibrator: (...args) => engine.calibrator(...args),
      close: () => engine.close(),
    };
    const images = randomImages(tinyNetwork, 10, 'images');
    const told: string[] = [];
    await sensitivityOf(counting, randomModel(tinyNetwork, 'once'), images, {
      sparsities: [0.9, 0.5, 0.9],
      calibration: images,
      onLayer: (name, done, layers) => told.push(`${name} ${done}/${layers}`),
    });
    assert.is(evaluators, 1);
    assert.equal(told, ['conv1 0/4', 'conv2 1/4', 'fc1 2/4', 'out 3/4']);
  }));

test('sparsities out of range are refused, and an aborted signal ends it', () =>
  withEngine(async (engine) => {
    const model = randomModel(tinyNetwork, 'refused');
    const images = randomImages(tinyNetwork, 10, 'images');
    for (const sparsities of [[], [0], [-0.1], [0.5, 1.01], [NaN]])
      await assertRejects(sensitivityOf(engine, model, images, { sparsities }), 'bad-input');
    const ordered = await sensitivityOf(engine, model, images, { sparsities: [1, 0.5, 1] });
    assert.equal(
      ordered.layers[0]!.points.map(({ sparsity }) => sparsity),
      [0.5, 1],
    );
    const signal = AbortSignal.abort();
    await assertRejects(sensitivityOf(engine, model, images, { signal }), 'aborted');
  }));

test.run();
