/** Moves of elements, compared with plain loops over their positions. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  broadcast,
  fitsInto,
  sliced,
  transposed,
  type Moved,
} from '../../../../src/formats/onnx/import/values/layout.ts';

const SHAPES = [[], [1], [5], [2, 3], [3, 1, 4], [2, 3, 4], [1, 2, 1, 3], [2, 1, 3, 2, 2]];

/** Every position of a shape, row-major. */
function positions(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((head) => Array.from({ length: size }, (_, i) => [...head, i])),
    [[]],
  );
}
const indexOf = (shape: readonly number[], position: readonly number[]) =>
  position.reduce((index, at, axis) => index * shape[axis]! + at, 0);

function check(moved: Moved, shape: readonly number[], wanted: readonly number[]): void {
  assert.equal(moved.shape, shape);
  const isIdentity = wanted.every((from, i) => from === i);
  assert.equal(moved.source && [...moved.source], isIdentity ? undefined : wanted);
}

function orders(count: number): number[][] {
  if (count === 0) return [[]];
  return orders(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, at) => [...order.slice(0, at), count - 1, ...order.slice(at)]),
  );
}

for (const shape of SHAPES) {
  test(`transposes ${shape.join(' x ') || 'a number'} in every order`, () => {
    for (const axes of orders(shape.length)) {
      const target = axes.map((axis) => shape[axis]!);
      const wanted = positions(target).map((position) => {
        const from = shape.map((_, axis) => position[axes.indexOf(axis)]!);
        return indexOf(shape, from);
      });
      check(transposed(shape, axes), target, wanted);
    }
  });
}

test('slices from any start, in steps forward and back', () => {
  const shape = [4, 3, 5];
  const cases = [
    [
      [0, 0, 0],
      [1, 1, 1],
      [4, 3, 5],
    ],
    [
      [1, 0, 2],
      [1, 1, 1],
      [2, 3, 3],
    ],
    [
      [0, 0, 0],
      [2, 1, 3],
      [2, 3, 2],
    ],
    [
      [3, 2, 4],
      [-1, -2, -3],
      [4, 2, 2],
    ],
    [
      [3, 0, 0],
      [1, 1, 1],
      [0, 3, 5],
    ],
  ] as const;
  for (const [starts, steps, counts] of cases) {
    const wanted = positions(counts).map((position) =>
      indexOf(
        shape,
        position.map((at, axis) => starts[axis]! + at * steps[axis]!),
      ),
    );
    check(sliced(shape, starts, steps, counts), counts, wanted);
  }
});

test('repeats axes of 1, and adds axes in front', () => {
  const cases = [
    [[], [2, 3]],
    [[3], [2, 3]],
    [
      [2, 1],
      [2, 3],
    ],
    [
      [1, 1, 4],
      [3, 2, 4],
    ],
    [
      [2, 1, 3],
      [4, 2, 5, 3],
    ],
  ];
  for (const [shape, to] of cases as [number[], number[]][]) {
    assert.ok(fitsInto(shape, to));
    const wanted = positions(to).map((position) => {
      const own = position.slice(to.length - shape.length);
      return indexOf(
        shape,
        own.map((at, axis) => (shape[axis] === 1 ? 0 : at)),
      );
    });
    check(broadcast(shape, to), to, wanted);
  }
  for (const [shape, to] of [
    [[2], [3]],
    [[2, 3], [3]],
    [
      [3, 2],
      [2, 3],
    ],
  ] as [number[], number[]][])
    assert.not(fitsInto(shape, to));
});

test.run();
