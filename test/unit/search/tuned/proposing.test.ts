import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept, fullMasks, maskToBytes, type Masks } from '../../../../src/core/mask.ts';
import { randomStream } from '../../../../src/core/random.ts';
import { changed, type Move, type MoveContext } from '../../../../src/search/tuned/moves.ts';
import { chooseMove, changedShare, pruneToTarget, minKept } from '../../../../src/search/tuned/proposing.ts';
import { Ranking } from '../../../../src/search/tuned/ranking.ts';
import { problemOfShapes, randomMask } from '../../../helpers/tuned.ts';

const random = randomStream('proposing');

test('a layer keeps one weight for each output, and no more than it has', () => {
  const problem = problemOfShapes([[6, 1, 5, 5], [10, 84], [8]]);
  assert.is(minKept(problem, 0, 150), 6);
  assert.is(minKept(problem, 1, 840), 10);
  assert.is(minKept(problem, 2, 8), 8);
  assert.is(minKept(problem, 1, 5), 5);
});

const masks = fullMasks([{ shape: [40] }, { shape: [60] }]);

interface Named {
  readonly name: string;
  readonly frequency: number;
  readonly works?: boolean;
}

/** Moves that note when they are asked and with which stepSize. */
function movesOf(asked: string[], ...given: readonly Named[]): readonly Move[] {
  return given.map(({ name, frequency, works = true }, move) => ({
    name,
    frequency,
    propose: ({ masks: before, layer, stepSize }) => {
      asked.push(`${name} ${stepSize}`);
      return works ? changed(before, layer, [move], []) : undefined;
    },
  }));
}

const contextOf = (seed: number): Omit<MoveContext, 'stepSize'> => ({
  masks,
  layer: 1,
  searched: [0, 1],
  rankings: masks.map(({ length }) => new Ranking(length)),
  maxPrunable: Infinity,
  maxPrunableIn: () => 10,
  random: randomStream('choose', seed),
});

test('moves are drawn as often as their frequencies say', () => {
  const moves = movesOf(
    [],
    { name: 'a', frequency: 6 },
    { name: 'b', frequency: 3 },
    { name: 'c', frequency: 1 },
  );
  const counts = [0, 0, 0];
  const stepSizes = [
    [1, 1, 1],
    [1, 1, 1],
  ];
  for (let i = 0; i < 4000; i++) counts[chooseMove(moves, contextOf(i), stepSizes)!.move]!++;
  counts.forEach((count, move) => {
    assert.ok(Math.abs(count / 4000 - [0.6, 0.3, 0.1][move]!) < 0.03, counts.join(', '));
  });
});

test('a move gets the whole weights of its own stepSize in the layer', () => {
  const asked: string[] = [];
  const moves = movesOf(asked, { name: 'a', frequency: 1 }, { name: 'b', frequency: 1 });
  const stepSizes = [
    [50, 60],
    [3.99, 7],
  ];
  for (let i = 0; i < 30; i++) {
    const { move, masks: after } = chooseMove(moves, contextOf(i), stepSizes)!;
    assert.is(asked.at(-1), ['a 3', 'b 7'][move]);
    assert.is(after[0], masks[0]);
    assert.is(maskToBytes(after[1]!)[move], 0);
  }
  assert.equal([...new Set(asked)].sort(), ['a 3', 'b 7']);
});

test('where a move has nothing to change another is drawn, each once', () => {
  const asked: string[] = [];
  const moves = movesOf(
    asked,
    { name: 'a', frequency: 100, works: false },
    { name: 'b', frequency: 1 },
    { name: 'c', frequency: 100, works: false },
  );
  const stepSizes = [
    [1, 1, 1],
    [1, 1, 1],
  ];
  for (let i = 0; i < 50; i++) {
    asked.length = 0;
    assert.is(chooseMove(moves, contextOf(i), stepSizes)!.move, 1);
    assert.is(new Set(asked).size, asked.length);
    assert.is(asked.at(-1), 'b 1');
  }
  asked.length = 0;
  const idle = movesOf(
    asked,
    { name: 'a', frequency: 2, works: false },
    { name: 'b', frequency: 1, works: false },
  );
  assert.is(chooseMove(idle, contextOf(1), stepSizes), undefined);
  assert.equal([...asked].sort(), ['a 1', 'b 1']);
});

const scoresOf = ({ length }: { length: number }) => Float64Array.from({ length }, () => random());

interface Forcing {
  readonly from: Masks;
  readonly searched: readonly number[];
  readonly rankings: readonly Ranking[];
  readonly rooms: readonly number[];
}

function forcingOf(i: number): Forcing {
  const from = [40, 33, 96].map((size) => randomMask(size, random() * 1.4, random));
  return {
    from,
    searched: i % 4 === 0 ? [0, 2] : [0, 1, 2],
    rankings: from.map((mask) => new Ranking(mask.length, scoresOf(mask))),
    rooms: from.map((mask) => Math.floor(random() * (countKept(mask) + 1))),
  };
}

test('exactly the missing zeros are pruneToTarget, the least important of each layer, within its maxPrunable', () => {
  let [several, all] = [0, 0];
  for (let i = 0; i < 400; i++) {
    const { from, searched, rankings, rooms } = forcingOf(i);
    const maxPrunable = searched.reduce((sum, layer) => sum + rooms[layer]!, 0);
    const missing = i % 3 === 0 ? maxPrunable : Math.floor(random() * (maxPrunable + 1));
    const after = pruneToTarget(from, missing, {
      searched,
      rankings,
      maxPrunableIn: (layer) => rooms[layer]!,
    });
    let [dropped, layers] = [0, 0];
    after.forEach((mask, layer) => {
      const count = countKept(from[layer]!) - countKept(mask);
      const lowest = rankings[layer]!.lowestKept(from[layer]!, count);
      assert.equal(maskToBytes(mask), maskToBytes(changed(from, layer, lowest, [])[layer]!));
      assert.ok(count <= (searched.includes(layer) ? rooms[layer]! : 0));
      // In proportion to the maxPrunable, within what rounding moves about.
      if (searched.includes(layer) && maxPrunable > 0) {
        assert.ok(Math.abs(count - (missing * rooms[layer]!) / maxPrunable) <= 1.5, `${count} of ${missing}`);
      }
      dropped += count;
      if (count > 0) layers++;
    });
    assert.is(dropped, missing);
    if (layers > 1) several++;
    if (missing === maxPrunable) all++;
  }
  assert.ok(several > 200 && all > 100, `${several}, ${all}`);
});

test('where more zeros are missing than may be pruned, as many as may be are', () => {
  for (let i = 0; i < 100; i++) {
    const { from, searched, rankings, rooms } = forcingOf(i);
    const after = pruneToTarget(from, 1000, { searched, rankings, maxPrunableIn: (layer) => rooms[layer]! });
    for (const layer of searched) {
      assert.is(countKept(from[layer]!) - countKept(after[layer]!), rooms[layer]);
    }
  }
});

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
