import * as assert from 'uvu/assert';
import type { ImageSet } from '../../../src/data/dataset.ts';
import type { Moments } from '../../../src/engine/backend.ts';
import { secondMoments } from '../../../src/kernels/reference/second-moments.ts';
import { momentError } from '../../../src/kernels/reference/tolerance.ts';
import { momentsSizes, type MomentsShape } from '../../../src/kernels/second-moments.ts';
import { fuse } from '../../../src/network/fuse.ts';
import type { Model, Tensors } from '../../../src/network/model.ts';
import { momentsShapeOf } from '../../../src/network/moments-shape.ts';
import { fullMasks } from '../data/models.ts';
import { assertClose } from './close.ts';
import { tensorBounds } from './tolerance.ts';

/** A tensor with the bounds of its errors: [channel, row, column, quad, 4] each. */
interface Bounded {
  readonly values: Float64Array;
  readonly errors: Float64Array;
}

/** Bounds of the moments of every layer: the errors of all inputs, carried through the sums, and those of the sums. */
export function momentBounds(model: Model, images: ImageSet, current: Tensors) {
  const masks = fullMasks(model.network);
  const x = tensorBounds({ ...model, tensors: current }, images, masks);
  const x0 = tensorBounds(model, images, masks);
  return (layer: number, elements: number): Pick<Moments, 'gram' | 'cross'> => {
    const gram = new Float64Array(elements);
    const cross = new Float64Array(elements);
    for (const use of fuse(model.network)) {
      if (use.mask !== layer) continue;
      const tensor = use.reads[0]!;
      const shape = momentsShapeOf(use);
      const a = { values: x.values[tensor]!, errors: x.errors[tensor]! };
      const b = { values: x0.values[tensor]!, errors: x0.errors[tensor]! };
      addBounds(gram, shape, images.count, a, a);
      addBounds(cross, shape, images.count, a, b);
    }
    return { gram, cross };
  };
}

/** Throws unless moments are within their bounds. */
export function assertMoments(
  found: Moments,
  expected: Moments,
  { gram, cross }: Pick<Moments, 'gram' | 'cross'>,
): void {
  const sizes = ({ groups, size, samples }: Moments) => ({ groups, size, samples });
  assert.equal(sizes(found), sizes(expected));
  assertClose(found.gram, expected.gram, { label: 'gram', bound: gram });
  assertClose(found.cross, expected.cross, { label: 'cross', bound: cross });
}

/** Adds the bounds of the sums of products of a and b. The constant 1 has no error. */
function addBounds(bounds: Float64Array, shape: MomentsShape, images: number, a: Bounded, b: Bounded): void {
  const sum = (x: Float64Array, y: Float64Array) => {
    const sums = new Float64Array(bounds.length);
    secondMoments(shape, images, x, y, sums);
    return sums;
  };
  const reach = ({ values, errors }: Bounded) => values.map((value, i) => Math.abs(value) + errors[i]!);
  const products = sum(reach(a), reach(b));
  const fromA = sum(a.errors, reach(b));
  const fromB = sum(reach(a), b.errors);
  const { size } = momentsSizes(shape);
  bounds.forEach((_, i) => {
    const [row, column] = [Math.floor(i / size) % size, i % size];
    const inputs = (row === size - 1 ? 0 : fromA[i]!) + (column === size - 1 ? 0 : fromB[i]!);
    bounds[i]! += inputs + momentError(products[i]!);
  });
}
