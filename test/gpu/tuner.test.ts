import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fuse } from '../../src/network/fuse.ts';
import { LayerTrial, type TrialRun } from '../../src/engine/webgpu/tuning/layer-trial.ts';
import { fastestEqual } from '../../src/engine/webgpu/tuning/tuner.ts';
import { CANDIDATE_TILINGS, PLAIN_TILING } from '../../src/engine/webgpu/tuning/tilings.ts';
import type { Tiling } from '../../src/kernels/spec.ts';
import { MasksearchError } from '../../src/core/error.ts';
import { assertRejects } from '../helpers/assert/rejects.ts';
import { evaluateFull } from '../helpers/search/evaluations.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { GRAPHS } from '../helpers/data/graphs/index.ts';
import { fullMasks, randomImages, randomModel } from '../helpers/data/models.ts';
import { conv, flat, full, means, stack } from '../helpers/data/networks.ts';
import { sample } from '../helpers/sample.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

const small = stack(
  [1, 4, 4],
  conv('conv1', 9, 2, { padding: 1, end: 'relu' }),
  means(),
  flat,
  full('out', 10),
);

test('all tilings that the tuner tries agree bit for bit', async () => {
  const { separable, branches } = GRAPHS;
  // One layer of each kind, and a convolution with groups and one of single pixels.
  const others = ['deep1', 'wide', 'mixed', 'largest', 'joined', 'joined elu'];
  const chosen = [separable, branches].flatMap(fuse).filter(({ name }) => others.includes(name));
  for (const layer of [...fuse(small), ...sample(chosen, 2)]) {
    const trial = await LayerTrial.create(engine.context, engine.pipelines, layer, 70);
    const { bits, seconds } = await trial.run(PLAIN_TILING);
    assert.ok(seconds > 0);
    // Some activations have few values.
    assert.ok(new Set(bits).size > bits.length / 50, 'the outputs are all alike');
    for (const tiling of CANDIDATE_TILINGS[layer.kind]) {
      assert.equal((await trial.run(tiling)).bits, bits, `${layer.name} ${JSON.stringify(tiling)}`);
    }
    trial.close();
  }
});

test('a tuned network has the losses of the plain one, and leaves no buffers', async () => {
  const model = randomModel(small, 'tuned');
  const images = randomImages(small, 70, 'tuned');
  const before = engine.context.bufferCount;
  const tuned = await engine.evaluator(model, images, { tune: true });
  const plain = await engine.evaluator(model, images, { tiling: PLAIN_TILING });
  assert.equal(await evaluateFull(tuned, fullMasks(small)), await evaluateFull(plain, fullMasks(small)));
  await tuned.close();
  await plain.close();
  assert.is(engine.context.bufferCount, before);
});

test('a trial that does not fit the device leaves no buffers', async () => {
  const [layer] = fuse(small);
  const before = engine.context.bufferCount;
  const trial = LayerTrial.create(engine.context, engine.pipelines, layer!, 950_000);
  await assertRejects(trial, 'limit-exceeded');
  assert.is(engine.context.bufferCount, before);
});

const [slow, fast, faster] = CANDIDATE_TILINGS.dense as readonly [Tiling, Tiling, Tiling];
const plain: TrialRun = { bits: new Uint32Array([1, 2]), seconds: 5 };
const runOf = (runs: ReadonlyMap<Tiling, TrialRun | Error>) => (tiling: Tiling) => {
  const found = runs.get(tiling)!;
  return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
};

test('the fastest tiling is chosen, but not one whose bits differ', async () => {
  const { bits } = plain;
  const runs = new Map([
    [slow, { bits, seconds: 4 }],
    [fast, { bits, seconds: 2 }],
    [faster, { bits: new Uint32Array([1, 3]), seconds: 1 }],
  ]);
  assert.is(await fastestEqual(plain, [slow, fast, faster], runOf(runs)), fast);
  assert.is(await fastestEqual(plain, [faster], runOf(runs)), PLAIN_TILING);
  assert.is(await fastestEqual({ bits, seconds: 1 }, [slow, fast], runOf(runs)), PLAIN_TILING);
});

test('a tiling that the device refuses is skipped; any other failure is thrown', async () => {
  const refused = new MasksearchError('limit-exceeded', 'too large', 'use less');
  const lost = new MasksearchError('device-lost', 'gone', 'open again');
  const good = { bits: plain.bits, seconds: 3 };
  const runs = new Map<Tiling, TrialRun | Error>([[slow, refused]]).set(fast, good);
  assert.is(await fastestEqual(plain, [slow, fast], runOf(runs)), fast);
  await assertRejects(fastestEqual(plain, [slow], runOf(new Map([[slow, lost]]))), 'device-lost', /gone/);
});

test.run();
