import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Visits } from '../../../../src/search/tuned/layer-schedule.ts';

const visitsOf = (visits: Visits, count: number, evaluations: number) =>
  Array.from({ length: count }, (_, visit) => [visits.layerOf(visit), visits.lengthOf(visit, evaluations)]);

test('the layers with the most weights come first, equal ones in network order, over and over', () => {
  const visits = new Visits([100, 400, 25, 400], [0, 1, 2, 3]);
  assert.is(visits.count, 4);
  assert.equal(
    Array.from({ length: 10 }, (_, visit) => visits.layerOf(visit)),
    [1, 3, 0, 2, 1, 3, 0, 2, 1, 3],
  );
});

test('only the layers to search are visited', () => {
  const visits = new Visits([100, 400, 25, 900], [0, 2]);
  assert.is(visits.count, 2);
  assert.equal(
    Array.from({ length: 5 }, (_, visit) => visits.layerOf(visit)),
    [0, 2, 0, 2, 0],
  );
});

test('a visit is as long as the root of the layer says, six sweeps in all', () => {
  const visits = new Visits([100, 400, 25, 900], [0, 1, 2, 3]);
  assert.equal(visitsOf(visits, 5, 6 * 650), [
    [3, 300],
    [1, 200],
    [0, 100],
    [2, 50],
    [3, 300],
  ]);
});

test('visits are whole numbers of evaluations', () => {
  const visits = new Visits([100, 400], [0, 1]);
  assert.equal(visitsOf(visits, 2, 1000), [
    [1, 111],
    [0, 56],
  ]);
});

test('a small layer is not forgotten in a short search', () => {
  const visits = new Visits([10_000, 1], [0, 1]);
  assert.equal(visitsOf(visits, 2, 10), [
    [0, 5],
    [1, 5],
  ]);
});

test.run();
