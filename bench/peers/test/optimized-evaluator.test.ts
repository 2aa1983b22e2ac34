import type { Candidate, Evaluation, Masks } from 'masksearch';
import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OptimizedEvaluator } from '../src/optimized-evaluator.ts';
import { PlainEvaluator } from '../src/plain-evaluator.ts';
import { fakeDigits, FakeRuntime } from './helpers/fake-runtime.ts';
import { keeping } from './helpers/masks.ts';

const IMAGES = 50;
const BATCH = 8;
const BATCHES = Math.ceil(IMAGES / BATCH);
const digits = fakeDigits(IMAGES);

function optimized(): { runtime: FakeRuntime; evaluator: OptimizedEvaluator<unknown> } {
  const runtime = new FakeRuntime();
  return { runtime, evaluator: new OptimizedEvaluator(runtime, digits, BATCH) };
}

async function lossOf(masks: Masks): Promise<number> {
  const plain = PlainEvaluator.open(new FakeRuntime(), digits, IMAGES);
  return full(await plain.evaluate({ masks })).loss;
}

function full(evaluation: Evaluation) {
  if (evaluation.exceeded) throw new Error('evaluated in full, yet exceeded');
  return evaluation;
}

/** As a layer-wise search would ask, with repeats, jumps between layers and every kind of limit. */
async function* candidatesOf(seed: string, count: number): AsyncGenerator<Candidate> {
  const random = seedrandom.alea(seed);
  const below = (end: number) => Math.floor(random() * end);
  let current = [40, 40, 40, 40];
  let layer = 0;
  for (let i = 0; i < count; i++) {
    if (random() < 0.1) layer = below(4);
    const proposal = random() < 0.2 ? current : current.with(layer, below(41));
    if (random() < 0.3) current = proposal;
    const masks = keeping(...proposal);
    const loss = await lossOf(masks);
    const limits = [undefined, loss, loss * (0.5 + random()), loss * 0.999, -1e-9, -Infinity, 0, Infinity];
    const lossLimit = limits[below(limits.length)];
    yield lossLimit === undefined ? { masks } : { masks, lossLimit };
  }
}

test('it lossFunctions as the plain way does, whatever the candidates and their limits', async () => {
  let exceeded = 0;
  for (const seed of ['a', 'b', 'c', 'd']) {
    const plain = PlainEvaluator.open(new FakeRuntime(), digits, 7);
    const { evaluator, runtime } = optimized();
    let candidates = 0;
    for await (const candidate of candidatesOf(seed, 300)) {
      const expected = await plain.evaluate(candidate);
      assert.equal(await evaluator.evaluate(candidate), expected, `seed ${seed}, candidate ${candidates}`);
      candidates++;
      if (expected.exceeded) exceeded++;
    }
    const { images, stoppedEarly, withoutForward } = evaluator.work;
    assert.ok(images < 0.8 * candidates * IMAGES, `${images} images for ${candidates} candidates`);
    assert.ok(stoppedEarly > 20 && withoutForward > 50);
    assert.ok(runtime.prefixes > 0);
  }
  assert.ok(exceeded > 300 && exceeded < 900, `${exceeded} exceeded`);
});

test('a limit is exceeded by a loss above it, not by an equal one', async () => {
  const masks = keeping(30, 31, 32, 33);
  const loss = await lossOf(masks);
  const { evaluator } = optimized();
  assert.equal(await evaluator.evaluate({ masks, lossLimit: loss * (1 - 1e-12) }), { exceeded: true });
  assert.is(full(await evaluator.evaluate({ masks, lossLimit: loss })).loss, loss);
});

test('it stops at the batch that proves the limit exceeded', async () => {
  const { evaluator, runtime } = optimized();
  await evaluator.evaluate({ masks: keeping(40, 40, 40, 40) });
  const masks = keeping(39, 40, 40, 40);
  const loss = await lossOf(masks);
  for (const fraction of [0, 0.25, 0.5, 0.75]) {
    const before = runtime.forwards.length;
    assert.equal(await evaluator.evaluate({ masks, lossLimit: loss * fraction }), { exceeded: true });
    const visited = runtime.forwards.slice(before);
    assert.ok(visited.length < BATCHES, `${visited.length} batches for ${fraction} of the loss`);
    // With one batch less there would have been no proof.
    const sum = await lossSumOf(masks, visited.slice(0, -1));
    assert.ok(sum <= loss * fraction * IMAGES + 1e-9, `${sum} nats were enough for ${fraction}`);
  }
});

test('a limit below 0 needs no forward pass', async () => {
  const { evaluator, runtime } = optimized();
  for (const lossLimit of [-Infinity, -1, -1e-300]) {
    assert.equal(await evaluator.evaluate({ masks: keeping(1, 2, 3, 4), lossLimit }), { exceeded: true });
  }
  assert.is(runtime.forwards.length, 0);
  assert.is(evaluator.work.withoutForward, 3);
});

test('masks that were evaluated in full are not evaluated again', async () => {
  const { evaluator, runtime } = optimized();
  const first = full(await evaluator.evaluate({ masks: keeping(40, 40, 40, 40) }));
  const second = full(await evaluator.evaluate({ masks: keeping(20, 40, 40, 40), lossLimit: Infinity }));
  const forwards = runtime.forwards.length;
  assert.equal(await evaluator.evaluate({ masks: keeping(40, 40, 40, 40) }), first);
  assert.equal(await evaluator.evaluate({ masks: keeping(20, 40, 40, 40), lossLimit: second.loss }), second);
  assert.equal(await evaluator.evaluate({ masks: keeping(20, 40, 40, 40), lossLimit: 0.9 * second.loss }), {
    exceeded: true,
  });
  assert.is(runtime.forwards.length, forwards);
});

test('a candidate runs from the layer that is being searched', async () => {
  const { evaluator, runtime } = optimized();
  await evaluator.evaluate({ masks: keeping(40, 40, 40, 40) });
  for (let layer = 0; layer < 4; layer++) {
    const prefixes = runtime.prefixes;
    for (const kept of [10, 11, 12]) {
      const before = runtime.forwards.length;
      await evaluator.evaluate({ masks: keeping(...[40, 40, 40, 40].with(layer, kept)), lossLimit: 100 });
      const depths = runtime.forwards.slice(before).map(({ depth }) => depth);
      // The first of a layer may not be known to be one of many.
      if (kept > 10)
        assert.equal(
          depths,
          Array.from({ length: BATCHES }, () => layer),
        );
    }
    assert.is(runtime.prefixes - prefixes, layer > 0 ? BATCHES : 0, `prefix of layer ${layer}`);
  }
});

test('images are visited once each, those with the highest losses of the last evaluation first', async () => {
  const { evaluator, runtime } = optimized();
  const unmasked = keeping(40, 40, 40, 40);
  await evaluator.evaluate({ masks: unmasked });
  assert.equal(visitedPixels(runtime.forwards), [...digits.pixels]);
  for (const [masks, lastInFull] of [
    [keeping(20, 40, 40, 40), unmasked],
    [keeping(10, 40, 40, 40), keeping(20, 40, 40, 40)],
    [keeping(10, 25, 40, 40), keeping(10, 40, 40, 40)],
  ] as const) {
    const before = runtime.forwards.length;
    await evaluator.evaluate({ masks });
    const visited = visitedPixels(runtime.forwards.slice(before));
    assert.equal(visited.toSorted(), [...digits.pixels].sort());
    const losses = await Promise.all(visited.map((pixel) => lossSumOf(lastInFull, [{ pixels: [pixel] }])));
    losses.forEach((loss, i) => assert.ok(i === 0 || loss <= losses[i - 1]! + 1e-6, `image ${i}`));
  }
});

test('everything is freed on closing, and the runtime is closed', async () => {
  const { evaluator, runtime } = optimized();
  for await (const candidate of candidatesOf('free', 100)) {
    await evaluator.evaluate(candidate);
    assert.is(runtime.alive, runtime.forwards.length === 0 ? 0 : BATCHES);
  }
  await evaluator.close();
  assert.is(runtime.alive, 0);
  assert.ok(runtime.closed);

  const plainRuntime = new FakeRuntime();
  const plain = PlainEvaluator.open(plainRuntime, digits, BATCH);
  await plain.close();
  assert.is(plainRuntime.alive, 0);
  assert.ok(plainRuntime.closed);
});

function visitedPixels(forwards: readonly { readonly pixels: Iterable<number> }[]): number[] {
  return forwards.flatMap(({ pixels }) => [...pixels]);
}

/** Summed loss of those images, in nats. */
async function lossSumOf(
  masks: Masks,
  batches: readonly { readonly pixels: Iterable<number> }[],
): Promise<number> {
  const pixels = Float32Array.from(visitedPixels(batches));
  if (pixels.length === 0) return 0;
  const labels = Uint8Array.from(pixels, (pixel) => digits.labels[digits.pixels.indexOf(pixel)]!);
  const some = { count: pixels.length, size: 1, pixels, labels };
  const plain = PlainEvaluator.open(new FakeRuntime(), some, pixels.length);
  return full(await plain.evaluate({ masks })).loss * pixels.length;
}

test.run();
