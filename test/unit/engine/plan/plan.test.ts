import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lenet5 } from '../../../../src/network/network.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { fuse } from '../../../../src/network/fuse.ts';
import { chunksOf } from '../../../../src/engine/plan/chunks.ts';
import { highestLossFirst } from '../../../../src/engine/plan/image-order.ts';
import { sumLimit, toEvaluation } from '../../../../src/engine/plan/sum-limit.ts';
import { macsOf as layerMacs, prunedMacsOf } from '../../../../src/engine/plan/macs.ts';
import { PrefixCache, type BatchPlan } from '../../../../src/engine/plan/prefix-cache.ts';
import { EvaluationCache } from '../../../../src/engine/plan/evaluation-cache.ts';
import { LOSS_UNITS } from '../../../../src/kernels/softmax-cross-entropy.ts';
import { fullMask, maskFromBytes, type Masks } from '../../../../src/core/mask.ts';
import { simulatedAnnealing } from '../../../../src/search/article/simulated-annealing.ts';

const layers = fuse(lenet5());
/** conv1, conv2, fc1, fc2, out; design.md, section 3. */
const MACS = [117_600, 240_000, 48_000, 10_080, 840];
const TOTAL = 416_520;
const macsOf = (from: number, to = 5) => MACS.slice(from, to).reduce((sum, macs) => sum + macs, 0);
/** What a plan costs for a batch of `count` that is evaluated in full. */
const macsOfPlan = ({ extend, start }: BatchPlan, count = 1) =>
  (extend ? macsOf(extend.from, extend.to) : 0) + count * macsOf(start);

/** Masks of five layers; each of the numbers stands for a mask. A new object for every one, equal by value alone. */
const masksOf = (...numbers: number[]): Masks =>
  numbers.map((number) => maskFromBytes([0, 1, 2].map((bit) => (number >> bit) & 1)));

const random = seedrandom.alea('plan');
const below = (end: number) => Math.floor(random() * end);

test("LeNet-5's layers cost what the design says", () => {
  assert.equal(
    layers.map(({ macs }) => macs),
    MACS,
  );
  assert.is(macsOf(0), TOTAL);
  assert.is(layerMacs(layers, 1, 3), 288_000);
});

test('the first candidate runs through all layers and keeps nothing', () => {
  const plan = new PrefixCache(layers).plan([masksOf(1, 1, 1, 1, 1)]);
  assert.equal(plan, { extend: undefined, start: 0 });
});

test('a lone candidate keeps what it shares with the one before, the next begins there', () => {
  for (let layer = 0; layer < 5; layer++) {
    const cache = new PrefixCache(layers);
    const proposal = (number: number) => masksOf(...[1, 1, 1, 1, 1].with(layer, number));
    cache.plan([proposal(2)]);
    const second = cache.plan([proposal(3)]);
    assert.is(second.start, layer);
    // The prefix is computed once, by this candidate, on its way.
    assert.is(macsOfPlan(second), TOTAL);
    if (layer === 0) assert.is(second.extend, undefined);
    else assert.equal([second.extend!.from, second.extend!.to], [0, layer]);
    for (const number of [4, 5, 6]) {
      assert.equal(cache.plan([proposal(number)]), { extend: undefined, start: layer });
    }
  }
});

test('a batch computes what its candidates share once', () => {
  for (let layer = 0; layer < 5; layer++) {
    const cache = new PrefixCache(layers);
    const batch = [2, 3, 4].map((number) => masksOf(...[1, 1, 1, 1, 1].with(layer, number)));
    const first = cache.plan(batch);
    assert.is(first.start, layer);
    assert.is(macsOfPlan(first, 3), macsOf(0, layer) + 3 * macsOf(layer));
    if (layer > 0) assert.equal([first.extend!.from, first.extend!.to], [0, layer]);
    const again = cache.plan(batch);
    assert.equal(again, { extend: undefined, start: layer });
  }
});

test('a longer prefix is added to the one there is', () => {
  const cache = new PrefixCache(layers);
  cache.plan([masksOf(1, 1, 2, 1, 1), masksOf(1, 1, 3, 1, 1)]);
  const longer = cache.plan([masksOf(1, 1, 4, 1, 5), masksOf(1, 1, 4, 1, 6)]);
  assert.equal([longer.extend!.from, longer.extend!.to, longer.start], [2, 4, 4]);
  assert.is(macsOfPlan(longer, 2), macsOf(2, 4) + 2 * macsOf(4));
});

test('a batch of equal candidates still runs the last layer for each', () => {
  const cache = new PrefixCache(layers);
  const same = () => masksOf(1, 2, 3, 4, 5);
  const plan = cache.plan([same(), same(), same()]);
  assert.equal([plan.extend!.from, plan.extend!.to, plan.start], [0, 4, 4]);
  assert.is(macsOfPlan(plan, 3), macsOf(0, 4) + 3 * macsOf(4));
  assert.equal(cache.plan([same()]), { extend: undefined, start: 4 });
});

test('an earlier mask that changes makes the rest of the cache useless', () => {
  const cache = new PrefixCache(layers);
  cache.plan([masksOf(1, 1, 1, 2, 1), masksOf(1, 1, 1, 3, 1)]);
  const changed = cache.plan([masksOf(1, 4, 1, 2, 1)]);
  assert.ok(changed.start <= 1);
  assert.is(changed.extend, undefined);
  // Nothing was overwritten: the first state finds what was kept.
  assert.equal(cache.plan([masksOf(1, 1, 1, 5, 1)]), { extend: undefined, start: 3 });
  // Now it is.
  const batch = cache.plan([masksOf(1, 4, 1, 2, 1), masksOf(1, 4, 1, 3, 1)]);
  assert.equal([batch.extend!.from, batch.extend!.to, batch.start], [1, 3, 3]);
});

test('clear() forgets what was kept and what came before', () => {
  const cache = new PrefixCache(layers);
  const batch = [masksOf(1, 1, 1, 2, 1), masksOf(1, 1, 1, 3, 1)];
  cache.plan(batch);
  cache.clear();
  const again = cache.plan(batch);
  assert.equal([again.extend!.from, again.extend!.to], [0, 3]);
  cache.clear();
  assert.equal(cache.plan([batch[0]!]), { extend: undefined, start: 0 });
});

/** A backend that remembers which masks produced what it holds at each depth, and carries out plans to the letter. */
class NaiveBackend {
  /** The masks of layers 0 to d - 1 that made the input of layer d, as text; undefined for garbage. */
  readonly #depths: (string | undefined)[] = [''];

  static prefix(masks: Masks, depth: number): string {
    return masks
      .slice(0, depth)
      .map(({ words }) => words.join())
      .join(';');
  }

  #read(depth: number, masks: Masks): void {
    assert.is(this.#depths[depth], NaiveBackend.prefix(masks, depth), `the activations at depth ${depth}`);
  }

  /** Returns the multiply-accumulates it took. */
  carryOut({ extend, start }: BatchPlan, batch: readonly Masks[]): number {
    let macs = 0;
    if (extend) {
      assert.ok(extend.from < extend.to && extend.to < 5, `${extend.from} to ${extend.to}`);
      this.#read(extend.from, extend.masks);
      for (let s = extend.from; s < extend.to; s++) {
        this.#depths[s + 1] = NaiveBackend.prefix(extend.masks, s + 1);
        macs += MACS[s]!;
      }
    }
    assert.ok(start >= 0 && start < 5, `start ${start}`);
    for (const masks of batch) {
      this.#read(start, masks);
      macs += macsOf(start);
    }
    return macs;
  }

  /** What a plan that was given up leaves behind. */
  spoil(): void {
    this.#depths.fill(undefined, 1);
  }
}

test('no plan ever reads activations of other masks, and each counts its work', () => {
  for (let sequence = 0; sequence < 300; sequence++) {
    const cache = new PrefixCache(layers);
    const backend = new NaiveBackend();
    // Few different masks, so that states come back.
    const kinds = 2 + below(2);
    const any = () => Array.from({ length: 5 }, () => below(kinds));
    let state = any();
    for (let round = 0; round < 60; round++) {
      if (random() < 0.1) state = any();
      if (random() < 0.2) state = state.with(below(5), below(kinds));
      const layer = below(5);
      const count = random() < 0.5 ? 1 : 1 + below(4);
      const batch = Array.from({ length: count }, () =>
        // Mostly proposals for one layer; sometimes several layers at once, as of somebody else's search.
        masksOf(...(random() < 0.8 ? state.with(layer, below(kinds)) : any())),
      );
      const plan = cache.plan(batch);
      if (random() < 0.05) {
        backend.spoil();
        cache.clear();
        continue;
      }
      assert.ok(backend.carryOut(plan, batch) <= count * TOTAL, 'never more than without a cache');
    }
  }
});

/** Plans and carries out one batch after the other; returns the multiply-accumulates. */
function macsOfBatches(batches: Iterable<readonly Masks[]>): number {
  const cache = new PrefixCache(layers);
  const backend = new NaiveBackend();
  let macs = 0;
  for (const batch of batches) {
    macs += backend.carryOut(cache.plan(batch), batch);
  }
  return macs;
}

/** The unmasked network, then 200 proposals for each layer, no two alike; one in twelve is accepted, as in the author's run. */
function* articleSchedule(batchSize: number): Iterable<readonly Masks[]> {
  let next = 0;
  const unique = () => maskFromBytes(Array.from({ length: 16 }, (_, bit) => (next >> bit) & 1));
  let state: Masks = [0, 1, 2, 3, 4].map(() => unique());
  yield [state];
  for (let layer = 0; layer < 5; layer++) {
    for (let t = 0; t < 200; t += batchSize) {
      const batch = Array.from({ length: batchSize }, () => {
        next++;
        return state.with(layer, unique());
      });
      yield batch;
      if (t % 12 < batchSize) state = batch.at(-1)!;
    }
  }
}

// design.md, section 3: the unmasked network, every proposal, and one evaluation per layer.
const PLAIN = TOTAL * (1 + 1_000 + 5);
/** The searched layer and those after it, for every proposal. */
const NEEDED = 200 * MACS.reduce((sum, _, layer) => sum + macsOf(layer), 0);

test("over the article's annealing it takes 2.65 times fewer multiply-accumulates", () => {
  const macs = macsOfBatches(articleSchedule(1));
  assert.ok(Math.abs(PLAIN / macs - 2.65) < 0.02, `${PLAIN / macs} times fewer`);
  // Beyond what is needed: the unmasked network and a beginning of each layer.
  assert.ok(macs - NEEDED <= 6 * TOTAL, `${macs - NEEDED} more than needed`);
});

test('batches of it cost less still: they need no candidate before them to know what they share', () => {
  const serial = macsOfBatches(articleSchedule(1));
  for (const batchSize of [2, 8, 200]) {
    const macs = macsOfBatches(articleSchedule(batchSize));
    assert.ok(macs >= NEEDED && macs < serial, `${batchSize} at once: ${macs}, not below ${serial}`);
  }
});

test('over our annealing it takes fewer still, since late proposals for conv1 repeat each other', () => {
  const search = simulatedAnnealing(problemOf(lenet5()));
  const batches = function* () {
    while (!search.done) {
      const batch = search.ask(1);
      yield batch.map(({ masks }) => masks);
      const { step, layer } = search.progress;
      const accept = layer === '' || step % 12 === 0;
      search.tell([accept ? { exceeded: false, loss: 0.1, accuracy: 0.9 } : { exceeded: true }]);
    }
  };
  const macs = macsOfBatches(batches());
  assert.is(search.progress.proposals, 1_000);
  assert.ok(search.progress.accepted > 70 && search.progress.accepted < 100);
  assert.ok(PLAIN / macs > 2.65 && PLAIN / macs < 2.9, `${PLAIN / macs} times fewer`);
});

test('chunks cover all images once, in order', () => {
  for (const [images, largest, expected] of [
    [10, 4, [4, 4, 2]],
    [8, 4, [4, 4]],
    [3, 4, [3]],
    [4, 4, [4]],
    [1, 1, [1]],
    [3, 1, [1, 1, 1]],
    [10, Infinity, [10]],
    [0, 4, []],
  ] as const) {
    const chunks = chunksOf(images, largest);
    assert.equal(
      chunks.map(({ count }) => count),
      expected,
    );
    let next = 0;
    for (const { first, count } of chunks) {
      assert.is(first, next);
      next += count;
    }
    assert.is(next, images);
  }
});

const sum = (units: number, correct = 0) => ({ units, correct });

test('an evaluation is the mean loss in nats and the fraction of correct images', () => {
  assert.equal(toEvaluation(sum(3 * LOSS_UNITS, 7), 8, undefined), {
    exceeded: false,
    loss: 0.375,
    accuracy: 0.875,
  });
  assert.equal(toEvaluation(sum(0, 8), 8, undefined), { exceeded: false, loss: 0, accuracy: 1 });
  // A sum of more than 32 bits, to the last unit.
  const units = 2 ** 45 + 1;
  assert.equal(toEvaluation(sum(units), 1, undefined), {
    exceeded: false,
    loss: units / 2 ** 20,
    accuracy: 0,
  });
});

test('a loss exactly at the limit is not exceeded, one unit more is, and no number gets out', () => {
  for (const [images, limit] of [
    [8, 0.375],
    [1, 4_095],
    [10_000, 0.125],
    [4_096, 1],
    [2_000, 0],
  ] as const) {
    const at = images * limit * LOSS_UNITS;
    assert.equal(toEvaluation(sum(at, 1), images, limit), {
      exceeded: false,
      loss: limit,
      accuracy: 1 / images,
    });
    assert.equal(toEvaluation(sum(at + 1, 1), images, limit), { exceeded: true });
  }
});

test('a limit that is the loss of a candidate lets that candidate through', () => {
  for (let i = 0; i < 1_000; i++) {
    const [images, units] = [1 + below(10_000), below(2 ** 40)];
    const free = toEvaluation(sum(units), images, undefined);
    assert.ok(!free.exceeded);
    assert.is(toEvaluation(sum(units), images, free.loss).exceeded, false);
    assert.is(toEvaluation(sum(units + 1), images, free.loss).exceeded, true);
    assert.is(toEvaluation(sum(units), images, Infinity).exceeded, false);
  }
});

test('a limit below every loss is always exceeded', () => {
  assert.equal(toEvaluation(sum(0, 5), 5, -1e-9), { exceeded: true });
});

test('without the cache every candidate starts from the images', () => {
  const cache = new PrefixCache(layers, { enabled: false });
  for (const number of [2, 2, 3]) {
    const batch = [masksOf(1, 1, 1, 1, number), masksOf(1, 1, 1, 1, number + 1)];
    assert.equal(cache.plan(batch), { extend: undefined, start: 0 });
    assert.equal(cache.plan([batch[0]!]), { extend: undefined, start: 0 });
  }
});

test('pruned weights are counted by what each of them would have cost', () => {
  const masks = layers.map(({ weights }) => fullMask(weights));
  assert.is(prunedMacsOf(layers, masks, 0, 5), 0);
  const pruned = masks
    .with(0, maskFromBytes(Array.from({ length: 150 }, (_, i) => (i < 100 ? 0 : 1))))
    .with(4, maskFromBytes(Array.from({ length: 840 }, (_, i) => (i === 3 ? 0 : 1))));
  assert.is(prunedMacsOf(layers, pruned, 0, 5), (100 / 150) * 117_600 + 1);
  assert.is(prunedMacsOf(layers, pruned, 1, 5), 1);
  assert.is(prunedMacsOf(layers, pruned, 1, 4), 0);
});

test('the last few sums are known by the value of their masks, the oldest forgotten first', () => {
  const recent = new EvaluationCache(2);
  const states = [1, 2, 3].map((number) => masksOf(1, number));
  recent.add(states[0]!, sum(10));
  recent.add(states[1]!, sum(20));
  recent.add(masksOf(1, 1), sum(10));
  assert.equal(recent.find(masksOf(1, 1)), sum(10));
  assert.equal(recent.find(masksOf(1, 2)), sum(20));
  assert.is(recent.find(masksOf(2, 1)), undefined);
  recent.add(states[2]!, sum(30));
  assert.is(recent.find(masksOf(1, 1)), undefined);
  assert.equal(recent.find(masksOf(1, 2)), sum(20));
  assert.equal(recent.find(masksOf(1, 3)), sum(30));
});

test('hardest first is a permutation by falling loss, equal losses as they were', () => {
  assert.equal([...highestLossFirst(Uint32Array.of(3, 9, 3, 0, 0xffffffff, 9))], [4, 1, 5, 0, 2, 3]);
  for (let i = 0; i < 50; i++) {
    const losses = Uint32Array.from({ length: 1 + below(3_000) }, () => below(2 ** (1 + below(32))));
    const source = highestLossFirst(losses);
    assert.equal(
      [...source].sort((a, b) => a - b),
      [...losses.keys()],
    );
    for (let place = 1; place < source.length; place++) {
      const [before, here] = [source[place - 1]!, source[place]!];
      assert.ok(losses[before]! > losses[here]! || (losses[before] === losses[here] && before < here));
    }
  }
});

test('the largest sum is the last that is not above the limit, to the unit', () => {
  for (let i = 0; i < 5_000; i++) {
    const images = 1 + below(10_000);
    const limit = random() * 10 ** below(4) * (random() < 0.1 ? 1e-9 : 1);
    const units = sumLimit(limit, images);
    if (limit >= 4_095) continue;
    assert.ok(Number.isSafeInteger(units) && units >= 0);
    assert.is(toEvaluation(sum(units), images, limit).exceeded, false);
    assert.is(toEvaluation(sum(units + 1), images, limit).exceeded, true);
  }
  for (const none of [undefined, Infinity, 4_095, 1e300]) assert.is(sumLimit(none, 10), Infinity);
  for (const all of [-1e-300, -1, -Infinity]) assert.is(sumLimit(all, 10), -1);
  assert.is(sumLimit(0, 10), 0);
});

test('a full network of masks is planned by value, not by reference', () => {
  const cache = new PrefixCache(layers);
  const full = () => layers.map(({ weights }) => fullMask(weights));
  cache.plan([full()]);
  cache.plan([full()]);
  assert.equal(cache.plan([full()]), { extend: undefined, start: 4 });
});

test.run();
