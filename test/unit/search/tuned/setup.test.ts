import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMasks } from '../../../../src/core/mask.ts';
import { changed } from '../../../../src/search/tuned/moves/moves.ts';
import { maxPrunableIn, minKept } from '../../../../src/search/tuned/setup.ts';
import { problemOfShapes } from '../../../helpers/search/synthetic-evaluator.ts';

test('a layer keeps one weight for each output', () => {
  const problem = problemOfShapes([[6, 1, 5, 5], [10, 84], [8]]);
  const least = [0, 1, 2].map((layer) => minKept(problem, layer));
  assert.equal(least, [6, 10, 8]);
  const masks = changed(fullMasks(problem.layers), 1, [0, 3, 7], []);
  const most = [0, 1, 2].map((layer) => maxPrunableIn(problem, masks, layer));
  assert.equal(most, [144, 827, 0]);
});

test.run();
