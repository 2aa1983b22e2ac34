/** Baselines that are repaired, on small networks. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countPruned, isKept, sparsityOf, weightsOf, type Masks } from '../../../../src/core/mask.ts';
import { MasksearchError } from '../../../../src/core/error.ts';
import { totalOf } from '../../../../src/core/math.ts';
import { masksAt } from '../../../../src/baselines/order.ts';
import { magnitudeGlobalOrder } from '../../../../src/baselines/magnitude.ts';
import { wandaOrder } from '../../../../src/baselines/wanda.ts';
import { CRITERIA, type Criterion } from '../../../../src/baselines/repaired/criterion.ts';
import {
  DEFAULT_PER_ROUND,
  REPAIR_SCHEDULES,
  repairedBaseline,
  roundEnds,
  type RepairedBaselineOptions,
  type RepairSchedule,
} from '../../../../src/baselines/repaired/repaired-baseline.ts';
import { unrankedLayers } from '../../../../src/baselines/repaired/surgeon-ranking.ts';
import type { Engine } from '../../../../src/engine/backend.ts';
import { referenceEngine } from '../../../../src/engine/reference/reference.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import type { Model } from '../../../../src/network/model.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { openEngine } from '../../../../src/node.ts';
import { LayerFit, type Row } from '../../../../src/repair/layer-fit.ts';
import { outputVariances } from '../../../../src/repair/prices.ts';
import { DEFAULT_RIDGE, repairableLayers, repaired } from '../../../../src/repair/repair.ts';
import type { RepairedNetwork } from '../../../../src/repair/round.ts';
import { GRAPHS } from '../../../helpers/data/graphs/index.ts';
import { flat, full, stack } from '../../../helpers/data/networks.ts';
import { fullMasks, randomModel, shadedImages, tinyNetwork } from '../../../helpers/data/models.ts';

const model = randomModel(tinyNetwork, 'repaired baselines');
const images = shadedImages(tinyNetwork, 60, 'repaired baselines');
const WEIGHTS = weightsIn(model);

function weightsIn({ network }: Pick<Model, 'network'>): number {
  return totalOf(problemOf(network).layers.map(({ shape }) => weightsOf(shape)));
}

async function baselineOf(
  criterion: Criterion,
  schedule: RepairSchedule,
  zeros: readonly number[],
  options?: RepairedBaselineOptions,
  [of, engine]: [Model, Engine] = [model, referenceEngine()],
): Promise<readonly RepairedNetwork[]> {
  try {
    const shaded = of === model ? images : shadedImages(of.network, 24, 'repaired baselines');
    const calibrator = await engine.calibrator(of, shaded);
    return await repairedBaseline(
      criterion,
      schedule,
      { calibrator, model: of, images: shaded },
      zeros,
      options,
    );
  } finally {
    await engine.close();
  }
}

const share = (fraction: number) => Math.round(fraction * WEIGHTS);

for (const criterion of CRITERIA) {
  for (const schedule of REPAIR_SCHEDULES) {
    test(`${criterion}, ${schedule}: exactly as many zeros as asked for, in the order asked for`, async () => {
      const zeros = [share(0.9), 0, share(0.5), share(0.5) + 1, share(0.9)];
      const found = await baselineOf(criterion, schedule, zeros);
      assert.equal(
        found.map(({ masks }) => countPruned(masks)),
        zeros,
      );
      for (const { masks, tensors } of schedule === 'frozen' ? [] : found) {
        // Pruned weights are 0, and only they.
        const applied = applyMasks({ ...model, tensors }, masks).tensors;
        for (const [name, values] of tensors) assert.equal(applied.get(name), values, name);
      }
    });

    test(`${criterion}, ${schedule}: a result of a path is that of its own number alone`, async () => {
      const path = await baselineOf(criterion, schedule, [share(0.3), share(0.62), share(0.85)]);
      const [single] = await baselineOf(criterion, schedule, [share(0.85)]);
      assert.equal(path[2], single);
      // The path moves on.
      assert.not.equal(path[1]!.masks, single!.masks);
    });
  }

  test(`${criterion}: repaired once is \`repaired\` of the frozen masks`, async () => {
    const zeros = [share(0.4), share(0.8)];
    const frozen = await baselineOf(criterion, 'frozen', zeros);
    const once = await baselineOf(criterion, 'once', zeros);
    const engine = referenceEngine();
    const calibrator = await engine.calibrator(model, images);
    for (const [i, { masks, tensors }] of frozen.entries()) {
      assert.is(tensors, model.tensors);
      const expected = await repaired(calibrator, model, masks);
      assert.equal(once[i], { masks, tensors: expected.tensors });
    }
    await engine.close();
  });

  test(`${criterion}: a round prunes what the repaired network before it ranks lowest`, async () => {
    const perRound = DEFAULT_PER_ROUND[criterion];
    const [first, second] = roundEnds(WEIGHTS, perRound, WEIGHTS);
    const [one, two] = await baselineOf(criterion, 'rounds', [first!, second!]);
    assert.ok(two!.masks.every((mask, layer) => isSubset(mask, one!.masks[layer]!)));
    // From scratch: the repaired network as a model of its own, whose pruned weights are the lowest of all.
    if (criterion === 'obs') return;
    const orderOf = (of: Model) =>
      criterion === 'magnitude' ? magnitudeGlobalOrder(of) : wandaOrder(of, images);
    const current = { ...model, tensors: one!.tensors };
    assert.equal(two!.masks, masksAt(await orderOf(current), second!));
    assert.not.equal(two!.masks, masksAt(await orderOf(model), second!));
  });

  test(`${criterion}: the same for any number of threads`, async () => {
    const zeros = [share(0.5), share(0.8)];
    const [one, two] = await Promise.all(
      [1, 2].map(async (threads) => {
        const engine = await openEngine({ device: 'wasm', threads });
        return baselineOf(criterion, 'rounds', zeros, {}, [model, engine]);
      }),
    );
    assert.equal(one, two);
  });

  for (const [name, network] of Object.entries(GRAPHS)) {
    test(`${criterion} of any graph: ${name}`, async () => {
      const graph = randomModel(network, name);
      const zeros = [Math.round(0.5 * weightsIn(graph)), Math.round(0.7 * weightsIn(graph))];
      const options = { perRound: 0.5 };
      const found = await baselineOf(criterion, 'rounds', zeros, options, [graph, referenceEngine()]);
      assert.equal(
        found.map(({ masks }) => countPruned(masks)),
        zeros,
      );
      for (const values of found[1]!.tensors.values()) assert.ok(values.every(Number.isFinite));
    });
  }
}

function isSubset(mask: Masks[number], of: Masks[number]): boolean {
  return Array.from({ length: mask.length }, (_, i) => !isKept(mask, i) || isKept(of, i)).every(Boolean);
}

test('frozen magnitude and Wanda are the baselines without a repair', async () => {
  const zeros = share(0.55);
  const [magnitude] = await baselineOf('magnitude', 'frozen', [zeros]);
  assert.equal(magnitude!.masks, masksAt(magnitudeGlobalOrder(model), zeros));
  const [wanda] = await baselineOf('wanda', 'frozen', [zeros]);
  assert.equal(wanda!.masks, masksAt(await wandaOrder(model, images), zeros));
});

test('the first weight that the surgeon prunes costs least, relative to the variance of its layer', async () => {
  const [found] = await baselineOf('obs', 'frozen', [1]);
  const engine = referenceEngine();
  const calibrator = await engine.calibrator(model, images);
  const variances = await outputVariances(calibrator, model);
  const costs: { readonly layer: number; readonly weight: number; readonly cost: number }[] = [];
  for (const [layer, rows] of repairableLayers(model).entries()) {
    const fit = new LayerFit(await calibrator.moments(layer, model.tensors), rows!.of(model.tensors), true);
    const variance = totalOf([...variances[layer]!]);
    rows!.of(model.tensors).forEach((row, output) => {
      const all = Uint32Array.from({ length: fit.inputs }, (_, i) => i);
      // The error and what the ridge adds to it; that of the bias is a thousandth.
      const held = DEFAULT_RIDGE * (totalOf([...all].map((i) => fit.gram(output, i, i))) / fit.inputs);
      const objective = (fitted: Row) =>
        fit.error(output, fitted) +
        held * totalOf([...all].map((i) => (fitted.weights[i]! - row.weights[i]!) ** 2)) +
        (held / 1000) * (fitted.bias - row.bias) ** 2;
      const before = objective(fit.refit(output, all, row, DEFAULT_RIDGE));
      for (const input of all) {
        const left = all.filter((other) => other !== input);
        const after = objective(fit.refit(output, left, row, DEFAULT_RIDGE));
        costs.push({ layer, weight: output * fit.inputs + input, cost: (after - before) / variance });
      }
    });
  }
  await engine.close();
  costs.sort((a, b) => a.cost - b.cost);
  const place = costs.findIndex(({ layer, weight }) => !isKept(found!.masks[layer]!, weight));
  assert.is(place, 0);
});

test('the surgeon treats all layers alike: a last layer in other units changes nothing', async () => {
  const scale = 2 ** -4;
  const scaled = ['out.weight', 'out.bias'].map(
    (name) => [name, model.tensors.get(name)!.map((value) => scale * value)] as const,
  );
  const other = { ...model, tensors: new Map([...model.tensors, ...scaled]) };
  const engine = referenceEngine();
  const calibrator = await engine.calibrator(other, images);
  const subject = { calibrator, model: other, images };
  const [found] = await repairedBaseline('obs', 'frozen', subject, [share(0.3)]);
  await engine.close();
  assert.equal(found!.masks, (await baselineOf('obs', 'frozen', [share(0.3)]))[0]!.masks);
});

test('layers that are too large for moments keep their weights, and the surgeon does not prune them', async () => {
  const large = stack([1, 60, 70], flat, full('wide', 3, 'relu'), full('out', 4));
  const wide = randomModel(large, 'wide');
  const engine = () => referenceEngine();
  const weights = weightsIn(wide);
  assert.equal(unrankedLayers(wide), ['wide']);
  const zeros = [Math.round(0.5 * weights)];
  for (const criterion of ['magnitude', 'wanda'] as const) {
    const [found] = await baselineOf(criterion, 'rounds', zeros, { perRound: 0.4 }, [wide, engine()]);
    assert.is(countPruned(found!.masks), zeros[0]);
    const name = prunableName(wide, 0);
    assert.equal(found!.tensors.get(name), applyMasks(wide, found!.masks).tensors.get(name));
    const out = prunableName(wide, 1);
    assert.not.equal(found!.tensors.get(out), applyMasks(wide, found!.masks).tensors.get(out));
  }
  const error = await refusal(baselineOf('obs', 'rounds', [13], {}, [wide, engine()]));
  assert.is(error.code, 'limit-exceeded');
  assert.match(error.message, /can prune 12 weights, not 13: .* \(wide\)/);
  const [all] = await baselineOf('obs', 'frozen', [12], {}, [wide, engine()]);
  assert.equal(sparsityOf(all!.masks).perLayer, [0, 1]);
});

const prunableName = ({ network }: Model, layer: number) => problemOf(network).layers[layer]!.weight!;

test('Wanda prunes the same fraction of every layer and every output, in rounds too', async () => {
  const [found] = await baselineOf('wanda', 'rounds', [share(0.7)]);
  for (const fraction of sparsityOf(found!.masks).perLayer) assert.ok(Math.abs(fraction - 0.7) < 0.02);
  const { layers } = problemOf(tinyNetwork);
  found!.masks.forEach((mask, layer) => {
    const inputs = mask.length / layers[layer]!.shape[0]!;
    const kept = Array.from(
      { length: mask.length / inputs },
      (_, output) =>
        Array.from({ length: inputs }, (_, input) => isKept(mask, output * inputs + input)).filter(Boolean)
          .length,
    );
    assert.ok(Math.max(...kept) - Math.min(...kept) <= 1, kept.join());
  });
});

test('repair and rounds bring outputs closer to those of the unpruned network', async () => {
  const engine = referenceEngine();
  const outputsOf = async (tensors: Model['tensors']) => {
    const evaluator = await engine.evaluator({ ...model, tensors }, images);
    return (await evaluator.evaluateOutputs!(fullMasks(tinyNetwork))).outputs;
  };
  const unpruned = await outputsOf(model.tensors);
  for (const criterion of CRITERIA) {
    const errors: number[] = [];
    for (const schedule of REPAIR_SCHEDULES) {
      const [found] = await baselineOf(criterion, schedule, [share(0.7)]);
      const { tensors } = applyMasks({ ...model, tensors: found!.tensors }, found!.masks);
      const outputs = await outputsOf(tensors);
      errors.push(outputs.reduce((sum, value, i) => sum + (value - unpruned[i]!) ** 2, 0));
    }
    const [frozen, once, rounds] = errors as [number, number, number];
    assert.ok(once < 0.7 * frozen && rounds < frozen, `${criterion}: ${errors.join(', ')}`);
  }
  await engine.close();
});

test('rounds end where each has pruned its share of what was left', () => {
  assert.equal(roundEnds(1000, 0.2, 590), [200, 360, 488, 590]);
  assert.equal(roundEnds(1000, 0.2, 589), [200, 360, 488]);
  assert.equal(roundEnds(1000, 0.2, 0), []);
  // The last weights go one at a time, and never all.
  assert.is(roundEnds(10, 0.2, 10).at(-1), 9);
  assert.is(roundEnds(61_470, DEFAULT_PER_ROUND.magnitude, 0.972 * 61_470).length, 16);
  assert.is(roundEnds(61_470, DEFAULT_PER_ROUND.obs, 0.973 * 61_470).length, 7);
});

async function refusal(action: Promise<unknown>): Promise<MasksearchError> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, MasksearchError);
  return error as MasksearchError;
}

test('wrong numbers are refused', async () => {
  for (const schedule of REPAIR_SCHEDULES) {
    for (const zeros of [-1, 0.5, NaN, WEIGHTS + 1]) {
      const error = await refusal(baselineOf('magnitude', schedule, [zeros]));
      assert.is(error.code, 'bad-input');
      assert.match(error.message, `must be a whole number from 0 to ${WEIGHTS}`);
    }
  }
  for (const perRound of [0, 1, -0.5, NaN]) {
    const error = await refusal(baselineOf('magnitude', 'rounds', [1], { perRound }));
    assert.match(error.message, /perRound is .* but must be at least 0\.001 and below 1/);
  }
});

for (const criterion of CRITERIA) {
  test(`${criterion}: an abort between rounds ends it`, async () => {
    const controller = new AbortController();
    let steps = 0;
    const onStep = () => {
      if (++steps === 3) controller.abort();
    };
    const options = { signal: controller.signal, onStep, perRound: 0.2 };
    const error = await refusal(baselineOf(criterion, 'rounds', [share(0.9)], options));
    assert.is(error.code, 'aborted');
    assert.is(steps, 3);
  });
}

test.run();
