import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayerSchedule } from '../../../../src/search/tuned/layer-schedule.ts';

const scheduleOf = (schedule: LayerSchedule, count: number, evaluations: number) =>
  Array.from({ length: count }, (_, visit) => [
    schedule.layerOf(visit),
    schedule.lengthOf(visit, evaluations),
  ]);

test('the layers with the most weights come first, equal ones in network order, over and over', () => {
  const schedule = new LayerSchedule([100, 400, 25, 400], [0, 1, 2, 3]);
  assert.is(schedule.count, 4);
  const visits = Array.from({ length: 10 }, (_, visit) => schedule.layerOf(visit));
  assert.equal(visits, [1, 3, 0, 2, 1, 3, 0, 2, 1, 3]);
});

test('only the layers to search are visited', () => {
  const schedule = new LayerSchedule([100, 400, 25, 900], [0, 2]);
  assert.is(schedule.count, 2);
  const visits = Array.from({ length: 5 }, (_, visit) => schedule.layerOf(visit));
  assert.equal(visits, [0, 2, 0, 2, 0]);
});

test('visits are as long as the root of the number of weights, six sweeps in all', () => {
  const schedule = new LayerSchedule([100, 400, 25, 900], [0, 1, 2, 3]);
  assert.equal(scheduleOf(schedule, 5, 6 * 650), [
    [3, 300],
    [1, 200],
    [0, 100],
    [2, 50],
    [3, 300],
  ]);
});

test('visits are whole numbers of evaluations', () => {
  const schedule = new LayerSchedule([100, 400], [0, 1]);
  assert.equal(scheduleOf(schedule, 2, 1000), [
    [1, 111],
    [0, 56],
  ]);
});

test('a small layer is not forgotten in a short search', () => {
  const schedule = new LayerSchedule([10_000, 1], [0, 1]);
  assert.equal(scheduleOf(schedule, 2, 10), [
    [0, 5],
    [1, 5],
  ]);
});

test.run();
