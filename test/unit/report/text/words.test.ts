import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { searchName } from '../../../../src/report/text/words.ts';

test('a search is called by what it does, with and without repair', () => {
  const names = (['sa', 'ga'] as const).flatMap((method) => [
    searchName({ method }),
    searchName({ method, repair: {} }),
  ]);
  assert.equal(names, [
    'simulated annealing',
    'rounds of pruning and repair, then exchanges',
    'genetic algorithm',
    'rounds of pruning and repair, then exchanges by a population',
  ]);
});

test.run();
