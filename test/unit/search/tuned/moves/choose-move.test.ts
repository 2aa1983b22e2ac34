import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMasks, maskToBytes } from '../../../../../src/core/mask.ts';
import { randomStream } from '../../../../../src/core/random.ts';
import { changed, type Move, type MoveContext } from '../../../../../src/search/tuned/moves/moves.ts';
import { chooseMove } from '../../../../../src/search/tuned/moves/choose-move.ts';
import { Ranking } from '../../../../../src/search/tuned/moves/ranking.ts';

const masks = fullMasks([{ shape: [40] }, { shape: [60] }]);

/** Moves with these frequencies that note when they are asked and with which stepSize; of those `idle`, none has anything to change. */
function movesOf(asked: string[], frequencies: Readonly<Record<string, number>>, idle = ''): readonly Move[] {
  return Object.entries(frequencies).map(([name, frequency], move) => ({
    name,
    frequency,
    propose: ({ masks: before, layer, stepSize }) => {
      asked.push(`${name} ${stepSize}`);
      return idle.includes(name) ? undefined : changed(before, layer, [move], []);
    },
  }));
}

/** Of three moves in two layers. */
const ONES = [
  [1, 1, 1],
  [1, 1, 1],
];

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
  const moves = movesOf([], { a: 6, b: 3, c: 1 });
  const counts = [0, 0, 0];
  for (let i = 0; i < 4000; i++) counts[chooseMove(moves, contextOf(i), ONES)!.move]!++;
  counts.forEach((count, move) => {
    assert.ok(Math.abs(count / 4000 - [0.6, 0.3, 0.1][move]!) < 0.03, counts.join(', '));
  });
});

test('a move gets the whole weights of its own stepSize in the layer', () => {
  const asked: string[] = [];
  const moves = movesOf(asked, { a: 1, b: 1 });
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
  const moves = movesOf(asked, { a: 100, b: 1, c: 100 }, 'ac');
  for (let i = 0; i < 50; i++) {
    asked.length = 0;
    assert.is(chooseMove(moves, contextOf(i), ONES)!.move, 1);
    assert.is(new Set(asked).size, asked.length);
    assert.is(asked.at(-1), 'b 1');
  }
  asked.length = 0;
  const idle = movesOf(asked, { a: 2, b: 1 }, 'ab');
  assert.is(chooseMove(idle, contextOf(1), ONES), undefined);
  assert.equal([...asked].sort(), ['a 1', 'b 1']);
});

test.run();
