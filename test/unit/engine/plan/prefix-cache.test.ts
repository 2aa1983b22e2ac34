import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PrefixCache, type BatchPlan } from '../../../../src/engine/plan/prefix-cache.ts';
import { fullMask, maskFromBytes, type Masks } from '../../../../src/core/mask.ts';
import { lenet5 } from '../../../../src/network/lenet5.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { simulatedAnnealing } from '../../../../src/search/article/simulated-annealing.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import { layers, MACS, macsBetween, masksOf, planOf, TOTAL } from './lenet5.ts';

const random = generator('prefix cache');
/** From 0 to below 1. */
const uniform = () => random.below(2 ** 30) / 2 ** 30;

/** Multiply-accumulates per image of a plan for a batch of `count` candidates that are evaluated over all images. */
const macsOfPlan = ({ extend, start }: BatchPlan, count = 1) =>
  (extend ? macsBetween(extend.from, extend.to) : 0) + count * macsBetween(start);

test('the first candidate runs all layers and caches nothing', () => {
  const plan = planOf(new PrefixCache(layers), [masksOf(1, 1, 1, 1, 1)]);
  assert.equal(plan, { extend: undefined, start: 0 });
});

test('a single candidate caches what it shares with the previous one, and the next starts there', () => {
  for (let layer = 0; layer < 5; layer++) {
    const cache = new PrefixCache(layers);
    const proposal = (number: number) => masksOf(...[1, 1, 1, 1, 1].with(layer, number));
    planOf(cache, [proposal(2)]);
    const second = planOf(cache, [proposal(3)]);
    assert.is(second.start, layer);
    // The prefix is computed once, by this candidate, on its way.
    assert.is(macsOfPlan(second), TOTAL);
    if (layer === 0) assert.is(second.extend, undefined);
    else assert.equal([second.extend!.from, second.extend!.to], [0, layer]);
    for (const number of [4, 5, 6]) {
      assert.equal(planOf(cache, [proposal(number)]), { extend: undefined, start: layer });
    }
  }
});

test('a batch computes what its candidates share only once', () => {
  for (let layer = 0; layer < 5; layer++) {
    const cache = new PrefixCache(layers);
    const batch = [2, 3, 4].map((number) => masksOf(...[1, 1, 1, 1, 1].with(layer, number)));
    const first = planOf(cache, batch);
    assert.is(first.start, layer);
    assert.is(macsOfPlan(first, 3), macsBetween(0, layer) + 3 * macsBetween(layer));
    if (layer > 0) assert.equal([first.extend!.from, first.extend!.to], [0, layer]);
    const again = planOf(cache, batch);
    assert.equal(again, { extend: undefined, start: layer });
  }
});

test('a longer prefix extends the cached one', () => {
  const cache = new PrefixCache(layers);
  planOf(cache, [masksOf(1, 1, 2, 1, 1), masksOf(1, 1, 3, 1, 1)]);
  const longer = planOf(cache, [masksOf(1, 1, 4, 1, 5), masksOf(1, 1, 4, 1, 6)]);
  assert.equal([longer.extend!.from, longer.extend!.to, longer.start], [2, 4, 4]);
  assert.is(macsOfPlan(longer, 2), macsBetween(2, 4) + 2 * macsBetween(4));
});

test('a batch of equal candidates still runs the last layer for each', () => {
  const cache = new PrefixCache(layers);
  const same = () => masksOf(1, 2, 3, 4, 5);
  const plan = planOf(cache, [same(), same(), same()]);
  assert.equal([plan.extend!.from, plan.extend!.to, plan.start], [0, 4, 4]);
  assert.is(macsOfPlan(plan, 3), macsBetween(0, 4) + 3 * macsBetween(4));
  assert.equal(planOf(cache, [same()]), { extend: undefined, start: 4 });
});

test('when an earlier mask changes, the deeper part of the cache is not used', () => {
  const cache = new PrefixCache(layers);
  planOf(cache, [masksOf(1, 1, 1, 2, 1), masksOf(1, 1, 1, 3, 1)]);
  const changed = planOf(cache, [masksOf(1, 4, 1, 2, 1)]);
  assert.ok(changed.start <= 1);
  assert.is(changed.extend, undefined);
  // Nothing was overwritten: the first state still finds its prefix.
  assert.equal(planOf(cache, [masksOf(1, 1, 1, 5, 1)]), { extend: undefined, start: 3 });
  // Now it is overwritten.
  const batch = planOf(cache, [masksOf(1, 4, 1, 2, 1), masksOf(1, 4, 1, 3, 1)]);
  assert.equal([batch.extend!.from, batch.extend!.to, batch.start], [1, 3, 3]);
});

test('clear() forgets the cached prefix and the previous candidate', () => {
  const cache = new PrefixCache(layers);
  const batch = [masksOf(1, 1, 1, 2, 1), masksOf(1, 1, 1, 3, 1)];
  planOf(cache, batch);
  cache.clear();
  const again = planOf(cache, batch);
  assert.equal([again.extend!.from, again.extend!.to], [0, 3]);
  cache.clear();
  assert.equal(planOf(cache, [batch[0]!]), { extend: undefined, start: 0 });
});

test('without the cache every candidate starts from the images', () => {
  const cache = new PrefixCache(layers, { enabled: false });
  for (const number of [2, 2, 3]) {
    const batch = [masksOf(1, 1, 1, 1, number), masksOf(1, 1, 1, 1, number + 1)];
    assert.equal(planOf(cache, batch), { extend: undefined, start: 0 });
    assert.equal(planOf(cache, [batch[0]!]), { extend: undefined, start: 0 });
  }
});

test('a full network of masks is planned by value, not by reference', () => {
  const cache = new PrefixCache(layers);
  const full = () => layers.map(({ weights }) => fullMask(weights));
  planOf(cache, [full()]);
  planOf(cache, [full()]);
  assert.equal(planOf(cache, [full()]), { extend: undefined, start: 4 });
});

test('changed parameters of a layer are told apart by their arrays, and those before it stay cached', () => {
  const masks = masksOf(1, 1, 1, 1, 1);
  const of = (layer: number, weight?: Float32Array, bias?: Float32Array) => ({
    masks,
    parameters: layers.map((_, s) => (s === layer ? { weight, bias } : undefined)),
  });
  const [weight, bias] = [new Float32Array(1), new Float32Array(1)];
  for (let layer = 1; layer < 5; layer++) {
    const cache = new PrefixCache(layers);
    cache.plan([of(layer, weight), of(layer, undefined, bias)]);
    const nothing = { extend: undefined, start: layer };
    for (const state of [{ masks }, of(layer, new Float32Array(1)), of(layer, weight, new Float32Array(1))])
      assert.equal(cache.plan([state]), nothing, `layer ${layer}`);
    // Equal arrays are found again in another object.
    if (layer === 4) continue;
    cache.plan([
      of(layer, weight, bias),
      { ...of(layer, weight, bias), masks: masks.with(4, masksOf(2)[0]!) },
    ]);
    assert.equal(cache.plan([of(layer, weight, bias)]), { extend: undefined, start: 4 });
    assert.equal(cache.plan([of(0, weight)]), { extend: undefined, start: 0 });
  }
});

/** A backend that carries out plans literally and checks that every input it reads was computed under the right masks. */
class NaiveBackend {
  /** For each depth d, the masks of layers 0 to d - 1 under which it was computed, as text; undefined if unknown. */
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

  /** Returns its multiply-accumulates per image. */
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
      macs += macsBetween(start);
    }
    return macs;
  }

  /** After a failed batch the cached inputs are unknown. */
  spoil(): void {
    this.#depths.fill(undefined, 1);
  }
}

test('no plan ever reads activations of other masks or costs more than without a cache', () => {
  for (let sequence = 0; sequence < 300; sequence++) {
    const cache = new PrefixCache(layers);
    const backend = new NaiveBackend();
    // Few different masks, so that states come back.
    const kinds = 2 + random.below(2);
    const any = () => Array.from({ length: 5 }, () => random.below(kinds));
    let state = any();
    for (let round = 0; round < 60; round++) {
      if (uniform() < 0.1) state = any();
      if (uniform() < 0.2) state = state.with(random.below(5), random.below(kinds));
      const layer = random.below(5);
      const count = uniform() < 0.5 ? 1 : 1 + random.below(4);
      const batch = Array.from({ length: count }, () =>
        // Mostly proposals for one layer; sometimes for several layers at once, as from another search.
        masksOf(...(uniform() < 0.8 ? state.with(layer, random.below(kinds)) : any())),
      );
      const plan = planOf(cache, batch);
      if (uniform() < 0.05) {
        backend.spoil();
        cache.clear();
        continue;
      }
      assert.ok(backend.carryOut(plan, batch) <= count * TOTAL, 'never more than without a cache');
    }
  }
});

/** Plans and carries out one batch after the other. Returns the multiply-accumulates per image. */
function macsOfBatches(batches: Iterable<readonly Masks[]>): number {
  const cache = new PrefixCache(layers);
  const backend = new NaiveBackend();
  let macs = 0;
  for (const batch of batches) {
    macs += backend.carryOut(planOf(cache, batch), batch);
  }
  return macs;
}

/** The unpruned network, then 200 proposals for each layer, all different; one in twelve is accepted, as in the author's run. */
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

/** Without a cache: the unpruned network, every proposal, and one evaluation per layer. */
const PLAIN = TOTAL * (1 + 1_000 + 5);
/** The searched layer and those after it, for every proposal. */
const NEEDED = 200 * MACS.reduce((sum, _, layer) => sum + macsBetween(layer), 0);

test("over the article's annealing it takes 2.65 times fewer multiply-accumulates", () => {
  const macs = macsOfBatches(articleSchedule(1));
  assert.ok(Math.abs(PLAIN / macs - 2.65) < 0.02, `${PLAIN / macs} times fewer`);
  // The rest is the unpruned network and the first proposals of each layer.
  assert.ok(macs - NEEDED <= 6 * TOTAL, `${macs - NEEDED} more than needed`);
});

test('with batches it takes fewer still: a batch shows by itself what its candidates share', () => {
  const serial = macsOfBatches(articleSchedule(1));
  for (const batchSize of [2, 8, 200]) {
    const macs = macsOfBatches(articleSchedule(batchSize));
    assert.ok(macs >= NEEDED && macs < serial, `${batchSize} at once: ${macs}, not below ${serial}`);
  }
});

test('over our annealing it takes fewer still, since late proposals for conv1 repeat', () => {
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

test.run();
