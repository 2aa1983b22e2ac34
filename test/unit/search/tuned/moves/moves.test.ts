import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  countKept,
  fullMask,
  fullMasks,
  maskFromBytes,
  masksEqual,
  packsBits,
  type Masks,
} from '../../../../../src/core/mask.ts';
import { randomStream } from '../../../../../src/core/random.ts';
import {
  changed,
  changedShare,
  exchange,
  MOVES,
  prune,
  regrow,
  swap,
  transfer,
  type Move,
  type MoveContext,
} from '../../../../../src/search/tuned/moves/moves.ts';
import { Ranking } from '../../../../../src/search/tuned/moves/ranking.ts';
import { changeOf, randomMask, type MaskChange } from '../../../../helpers/search/mask-change.ts';

/** Word edges. */
const sizes = [40, 33, 96];
const random = randomStream('moves');
const upTo = (most: number) => Math.floor(random() * (most + 1));

interface Case extends Omit<MoveContext, 'random'> {
  readonly seed: string;
}

function randomCase(_: unknown, i: number): Case {
  const masks = sizes.map((size) => randomMask(size, random() * 1.6 - 0.3, random));
  const rooms = masks.map((mask) => (random() < 0.2 ? 0 : upTo(countKept(mask))));
  const biased = random() < 0.5;
  return {
    masks,
    layer: i % 3,
    searched: random() < 0.2 ? [i % 3] : random() < 0.5 ? [0, 1, 2] : [...new Set([i % 3, 1])],
    stepSize: 1 + upTo(random() < 0.5 ? 3 : 30),
    rankings: sizes.map(
      (size) => new Ranking(size, biased ? Float64Array.from({ length: size }, () => random()) : undefined),
    ),
    maxPrunable: random() < 0.4 ? Infinity : upTo(20),
    maxPrunableIn: (layer) => rooms[layer]!,
    seed: `case ${i}`,
  };
}

const cases = Array.from({ length: 1500 }, randomCase);
const proposalOf = (move: Move, { seed, ...context }: Case) =>
  move.propose({ ...context, random: randomStream(seed) });

interface Outcome {
  readonly of: Case;
  readonly masks: Masks;
  /** Of each layer. */
  readonly changes: readonly MaskChange[];
  /** Of the layer being searched. */
  readonly dropped: number;
  readonly restored: number;
  readonly maxPrunable: number;
}

/** What a move made of the cases in which it found something to change. */
function outcomesOf(move: Move): readonly Outcome[] {
  const outcomes = cases.flatMap((of): Outcome[] => {
    const masks = proposalOf(move, of);
    if (!masks) return [];
    const changes = masks.map((mask, layer) => changeOf(of.masks[layer]!, mask));
    const { dropped, restored } = changes[of.layer]!;
    const maxPrunable = Math.min(of.maxPrunable, of.maxPrunableIn(of.layer));
    return [{ of, masks, changes, dropped: dropped.length, restored: restored.length, maxPrunable }];
  });
  assert.ok(outcomes.length > 200 && outcomes.length < cases.length, `${outcomes.length}`);
  return outcomes;
}

const keptOf = (masks: Masks) => masks.reduce((sum, mask) => sum + countKept(mask), 0);

for (const move of MOVES) {
  test(`${move.name}: changes something, in few layers, and shares the others`, () => {
    for (const { of, masks, changes } of outcomesOf(move)) {
      assert.is(masks.length, sizes.length);
      const others: number[] = [];
      for (const [layer, mask] of masks.entries()) {
        assert.ok(packsBits(mask.words, sizes[layer]!));
        const { dropped, restored } = changes[layer]!;
        const isChanged = dropped.length + restored.length > 0;
        assert.is(mask === of.masks[layer], !isChanged, 'shared by reference if and only if left alone');
        if (layer === of.layer) assert.ok(isChanged);
        else if (isChanged) others.push(layer);
      }
      assert.is(others.length, move === transfer ? 1 : 0);
      assert.ok(others.every((layer) => of.searched.includes(layer)));
    }
  });

  test(`${move.name}: masks are not written to, and the same stream proposes the same`, () => {
    for (const of of cases.slice(0, 300)) {
      const before = of.masks.map(({ words }) => words.slice());
      const first = proposalOf(move, of);
      of.masks.forEach(({ words }, layer) => assert.equal(words, before[layer]));
      const again = proposalOf(move, of);
      assert.is(again === undefined, first === undefined);
      first?.forEach((mask, layer) => assert.ok(masksEqual(mask, again![layer]!)));
    }
  });
}

test('prune drops up to a step size, and never more than may be pruned', () => {
  let [full, bounded] = [0, 0];
  for (const { of, dropped, restored, maxPrunable } of outcomesOf(prune)) {
    assert.is(restored, 0);
    assert.ok(dropped >= 1 && dropped <= of.stepSize && dropped <= maxPrunable);
    if (dropped === of.stepSize) full++;
    if (dropped === maxPrunable && maxPrunable < of.stepSize) bounded++;
  }
  assert.ok(full > 100 && bounded > 100, `${full}, ${bounded}`);
});

test('exchange drops more than it restores, a third, within what may be pruned', () => {
  let [third, tight] = [0, 0];
  for (const { of, dropped, restored, maxPrunable } of outcomesOf(exchange)) {
    const net = dropped - restored;
    assert.ok(net >= 1 && net <= of.maxPrunable && net <= of.maxPrunableIn(of.layer));
    assert.ok(dropped <= Math.max(2, of.stepSize));
    assert.ok(restored >= 1 && restored <= Math.max(1, Math.floor(dropped / 3)));
    if (dropped >= 6 && restored === Math.floor(dropped / 3)) third++;
    if (net === maxPrunable) tight++;
  }
  assert.ok(third > 50 && tight > 10, `${third}, ${tight}`);
});

test('swap keeps the number of zeros of the layer', () => {
  let full = 0;
  for (const { of, masks, dropped, restored } of outcomesOf(swap)) {
    assert.is(dropped, restored);
    assert.ok(dropped >= 1 && dropped <= of.stepSize);
    assert.is(countKept(masks[of.layer]!), countKept(of.masks[of.layer]!));
    if (dropped === of.stepSize) full++;
  }
  assert.ok(full > 100, `${full}`);
});

test('swap works where nothing more may be pruned', () => {
  for (const of of cases.slice(0, 300)) {
    const tight = { ...of, maxPrunable: 0, maxPrunableIn: () => 0 };
    assert.is(proposalOf(swap, tight) === undefined, proposalOf(swap, of) === undefined);
  }
});

test('transfer keeps the number of zeros of all layers, within the maxPrunable of the one that loses', () => {
  const receivers = new Set<string>();
  for (const { of, masks, changes, dropped, restored } of outcomesOf(transfer)) {
    assert.is(keptOf(masks), keptOf(of.masks));
    assert.is(restored, 0);
    assert.ok(dropped >= 1 && dropped <= of.stepSize && dropped <= of.maxPrunableIn(of.layer));
    const other = changes.findIndex((change, layer) => layer !== of.layer && change.restored.length > 0);
    assert.is(changes[other]!.restored.length, dropped);
    assert.is(changes[other]!.dropped.length, 0);
    receivers.add(`${of.layer} to ${other}`);
  }
  assert.is(receivers.size, 6);
});

test('transfer needs no maxPrunable in all', () => {
  for (const of of cases.slice(0, 300)) {
    const isIdle = proposalOf(transfer, { ...of, maxPrunable: 0 }) === undefined;
    assert.is(isIdle, proposalOf(transfer, of) === undefined);
  }
});

test('regrow only restores, up to a stepSize', () => {
  let full = 0;
  for (const { of, dropped, restored } of outcomesOf(regrow)) {
    assert.is(dropped, 0);
    assert.ok(restored >= 1 && restored <= of.stepSize);
    if (restored === of.stepSize) full++;
  }
  assert.ok(full > 100, `${full}`);
});

const empty = (size: number) => maskFromBytes(new Uint8Array(size));
/** The first `kept` weights. */
const firstKept = (size: number, kept: number) =>
  maskFromBytes(Array.from({ length: size }, (_, i) => (i < kept ? 1 : 0)));

function propose(move: Move, masks: Masks, given: Partial<MoveContext> = {}): Masks | undefined {
  return move.propose({
    masks,
    layer: 0,
    searched: [...masks.keys()],
    stepSize: 4,
    rankings: masks.map(({ length }) => new Ranking(length)),
    maxPrunable: Infinity,
    maxPrunableIn: (layer) => countKept(masks[layer]!),
    random: randomStream('1'),
    ...given,
  });
}

test('a move that has nothing to change proposes nothing', () => {
  const [half, full, none] = [firstKept(40, 20), fullMask(40), empty(40)];
  const noRoom = { maxPrunable: 0 };
  const noneOfLayer = { maxPrunableIn: (layer: number) => (layer === 0 ? 0 : 40) };
  const nothing: readonly (readonly [Move, Masks, Partial<MoveContext>?])[] = [
    [prune, [half], noRoom],
    [prune, [half], noneOfLayer],
    [prune, [half], { maxPrunableIn: () => -3 }],
    [prune, [none]],
    [exchange, [half], noRoom],
    [exchange, [half], noneOfLayer],
    // Of eight dropped, two come back: a maxPrunable of five is one too few.
    [exchange, [half], { stepSize: 8, maxPrunable: 5 }],
    [exchange, [half], { stepSize: 8, maxPrunableIn: () => 5 }],
    [exchange, [full]],
    [exchange, [none]],
    [exchange, [firstKept(40, 1)]],
    [swap, [full]],
    [swap, [none]],
    [transfer, [half]],
    [transfer, [half, half], { searched: [0] }],
    [transfer, [half, full]],
    [transfer, [none, half]],
    [transfer, [half, half], noneOfLayer],
    [regrow, [full]],
  ];
  for (const [i, [move, masks, given]] of nothing.entries())
    assert.is(propose(move, masks, given), undefined, `${move.name}, ${i}`);
  const something: readonly (readonly [Move, Masks, Partial<MoveContext>?])[] = [
    [prune, [full], { maxPrunable: 1 }],
    [prune, [full], { maxPrunableIn: () => 1 }],
    [exchange, [half], { stepSize: 8, maxPrunable: 6 }],
    [exchange, [half], { stepSize: 8, maxPrunableIn: () => 6 }],
    [exchange, [firstKept(40, 2)], { stepSize: 1 }],
    [swap, [half], noRoom],
    [transfer, [full, half], noRoom],
    // No more than the other layer can take.
    [transfer, [full, firstKept(40, 37)], { stepSize: 12 }],
    [regrow, [none], noneOfLayer],
  ];
  for (const [i, [move, masks, given]] of something.entries())
    assert.ok(propose(move, masks, given), `${move.name}, ${i}`);
});

test('exchange drops at least two, so that one may come back', () => {
  const masks = [firstKept(400, 200)];
  const { dropped, restored } = changeOf(masks[0]!, propose(exchange, masks, { stepSize: 1 })![0]!);
  assert.equal([dropped.length, restored.length], [2, 1]);
  const larger = changeOf(masks[0]!, propose(exchange, masks, { stepSize: 14 })![0]!);
  assert.equal([larger.dropped.length, larger.restored.length], [14, 4]);
});

test('the least important weights are rather dropped, the most important rather restored', () => {
  const size = 400;
  const masks = [firstKept(size, 200), firstKept(size, 200)];
  const scores = Float64Array.from({ length: size }, (_, i) => i);
  const rankings = [new Ranking(size, scores), new Ranking(size, scores)];
  for (const move of MOVES) {
    let [dropped, restored] = [0, 0];
    for (let i = 0; i < 200; i++) {
      const random = randomStream(move.name, i);
      const after = propose(move, masks, { rankings, random, stepSize: 6 })!;
      for (const [layer, mask] of after.entries()) {
        const change = changeOf(masks[layer]!, mask);
        for (const index of change.dropped) dropped += index < 100 ? 1 : -1;
        for (const index of change.restored) restored += index >= 300 ? 1 : -1;
      }
    }
    if (move !== regrow) assert.ok(dropped > 200, `${move.name}: ${dropped}`);
    if (move !== prune) assert.ok(restored > 100, `${move.name}: ${restored}`);
  }
});

test('moves have names of their own and are drawn', () => {
  const names = MOVES.map(({ name }) => name);
  assert.equal(names, ['prune', 'exchange', 'swap', 'transfer', 'regrow']);
  assert.ok(MOVES.every(({ frequency }) => frequency > 0));
});

test('masks change where they are told to', () => {
  const masks = [firstKept(70, 35), fullMask(33)];
  const after = changed(masks, 0, [0, 31, 32], [35, 63, 64, 69]);
  assert.equal(changeOf(masks[0]!, after[0]!), { dropped: [0, 31, 32], restored: [35, 63, 64, 69] });
  assert.is(after[1], masks[1]);
  assert.ok(masksEqual(masks[0]!, firstKept(70, 35)));
});

const masks = fullMasks([{ shape: [40] }, { shape: [60] }]);

test('the share of changed weights, dropped or restored, is that of the layers that differ', () => {
  const before = changed(masks, 0, [1, 31, 32], []);
  const [first, second] = [masks[0]!.length, masks[1]!.length];
  assert.is(changedShare(before, before), 0);
  assert.is(changedShare(before, changed(before, 0, [0, 33, 39], [31])), 4 / first);
  const both = changed(changed(before, 0, [2], [1, 32]), 1, [59, 0, 31], []);
  assert.is(changedShare(before, both), 6 / (first + second));
  // Equal masks that are not the same.
  assert.is(changedShare(before, changed(before, 0, [1], [])), 0);
});

test.run();
