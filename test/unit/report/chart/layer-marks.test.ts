import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layerLabel, layerMark } from '../../../../src/report/chart/layer-marks.ts';

test('the five layers of LeNet-5 differ in colour and in shape, in charts and in legends', () => {
  const marks = [0, 1, 2, 3, 4].map(layerMark);
  assert.is(new Set(marks.map(({ color }) => color)).size, 5);
  assert.is(new Set(marks.map(({ shape }) => shape)).size, 5);
  const outlines = marks.map((_, i) => / d="([^"]*)"/.exec(layerLabel(i, 'layer').markup)![1]);
  assert.is(new Set(outlines).size, 5);
});

test('no two of 30 layers look alike', () => {
  const looks = Array.from({ length: 30 }, (_, i) => Object.values(layerMark(i)).join());
  assert.is(new Set(looks).size, 30);
});

test.run();
