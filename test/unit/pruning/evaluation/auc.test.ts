import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { areaOf, areaUnderCurve } from '../../../../src/pruning/evaluation/auc.ts';
import { generator } from '../../../helpers/data/numbers.ts';

const of = (outputs: readonly number[], targets: readonly number[]) =>
  areaOf({ outputs: Float32Array.from(outputs), targets, width: 1 }, 0);

test('by hand: 1 if all ones are above all zeros, 0 the other way round, half for ties', () => {
  assert.is(of([3, 1, 2, 4], [1, 0, 0, 1]), 1);
  assert.is(of([3, 1, 2, 4], [0, 1, 1, 0]), 0);
  assert.is(of([7, 7, 7, 7], [1, 0, 0, 1]), 0.5);
  // Of four pairs two are right, one is equal.
  assert.is(of([1, 2, 2, 3], [1, 1, 0, 0]), 0.125);
});

test('the share of pairs in the right order, however many ties', () => {
  const random = generator('auc');
  for (const values of [2, 5, 1000]) {
    const outputs = Float32Array.from({ length: 60 }, () => random.below(values));
    const targets = Uint32Array.from({ length: 60 }, () => random.below(2));
    let [right, pairs] = [0, 0];
    targets.forEach((one, i) => {
      targets.forEach((zero, j) => {
        if (one !== 1 || zero !== 0) return;
        pairs++;
        right += outputs[i]! > outputs[j]! ? 1 : outputs[i]! === outputs[j]! ? 0.5 : 0;
      });
    });
    assert.ok(Math.abs(areaOf({ outputs, targets, width: 1 }, 0)! - right / pairs) < 1e-12);
  }
});

test('an output with one answer only is left out and named; without any other there is no area', () => {
  // [image][output]
  const unpruned = Float32Array.of(1, 5, 2, 6, 3, 7);
  const pruned = Float32Array.of(3, 5, 2, 6, 1, 7);
  const targets = Uint32Array.of(0, 1, 0, 1, 1, 1);
  assert.equal(areaUnderCurve(unpruned, pruned, { targets, width: 2 }), {
    unpruned: 1,
    pruned: 0,
    leftOut: [1],
  });
  assert.is(areaUnderCurve(unpruned, pruned, { targets: new Uint32Array(6), width: 2 }), undefined);
});

test.run();
