/** The float64 reference against plain loops. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Moments } from '../../../src/engine/backend.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { naiveMoments } from '../../helpers/data/naive-moments.ts';
import { testMoments, type MomentsTask } from './suite.ts';

/** Fails unless entries are within `tolerance` of the root mean squares of their inputs. */
function assertNear(found: Float64Array, expected: Float64Array, { size, gram }: Moments, tolerance: number) {
  const diagonal = (group: number, i: number) => gram[(group * size + i) * size + i]!;
  found.forEach((value, at) => {
    const [group, i, j] = [Math.floor(at / size / size), Math.floor(at / size) % size, at % size];
    const scale = Math.sqrt(diagonal(group, i) * diagonal(group, j)) + 1e-3;
    const error = Math.abs(value - expected[at]!);
    if (!(error <= tolerance * scale)) throw new Error(`[${at}] is off: ${value}, expected ${expected[at]}`);
  });
}

function fromPlainLoops({ model, images, current }: MomentsTask) {
  // A folded normalisation is rounded to float32.
  const isFolded = model.network.nodes.some(({ kind }) => kind === 'batchNorm' || kind === 'affine');
  return (found: Moments, layer: number) => {
    const wanted = naiveMoments(model, images, layer, current.tensors);
    const sizes = ({ groups, size, samples }: Moments) => [groups, size, samples];
    assert.equal(sizes(found), sizes(wanted));
    const check = (gram: Float64Array, cross: Float64Array) => {
      assertNear(found.gram, gram, wanted, isFolded ? 3e-6 : 1e-12);
      assertNear(found.cross, cross, wanted, isFolded ? 3e-6 : 1e-12);
    };
    check(wanted.gram, wanted.cross);
    const fewer = naiveMoments(model, { ...images, count: images.count - 1 }, layer, current.tensors);
    assert.throws(() => check(fewer.gram, wanted.cross), /is off/);
    assert.throws(() => check(wanted.gram, fewer.cross), /is off/);
  };
}

testMoments({
  name: 'reference',
  open: () => Promise.resolve(referenceEngine()),
  expected: fromPlainLoops,
  count: 4,
});

test.run();
