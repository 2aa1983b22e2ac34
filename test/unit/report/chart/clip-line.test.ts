import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { clipLine, isInside, type Point } from '../../../../src/report/chart/clip-line.ts';

const x = { min: 0, max: 10, interval: 5 };
const y = { min: 20, max: 30, interval: 5 };
const clipped = (...points: Point[]) => clipLine(points, x, y);

test('what is inside stays as it is, in one piece', () => {
  const points: Point[] = [
    [0, 20],
    [4, 25],
    [10, 30],
  ];
  assert.equal(clipped(...points), [points]);
});

test('a line ends where it crosses an edge', () => {
  assert.equal(clipped([-5, 25], [5, 25]), [
    [
      [0, 25],
      [5, 25],
    ],
  ]);
  assert.equal(clipped([5, 22], [9, 14]), [
    [
      [5, 22],
      [6, 20],
    ],
  ]);
  // Both ends outside.
  assert.equal(clipped([-10, 10], [30, 50]), [
    [
      [0, 20],
      [10, 30],
    ],
  ]);
});

test('a line that leaves and comes back is in two pieces', () => {
  assert.equal(clipped([2, 25], [2, 35], [4, 35], [4, 25]), [
    [
      [2, 25],
      [2, 30],
    ],
    [
      [4, 30],
      [4, 25],
    ],
  ]);
});

test('what passes by, touches a corner or is a point leaves nothing', () => {
  assert.equal(clipped([-5, 25], [-1, 25]), []);
  assert.equal(clipped([-5, 25], [5, 45]), []);
  assert.equal(clipped([-1, 29], [1, 31]), []);
  assert.equal(clipped([5, 25]), []);
  assert.equal(clipped([20, 0], [20, 40]), []);
});

test('the edges are inside', () => {
  assert.ok(isInside([0, 20], x, y) && isInside([10, 30], x, y));
  assert.not.ok(isInside([10.1, 25], x, y));
  assert.not.ok(isInside([5, 19], x, y));
});

test.run();
