/** The fit of a layer and the order of the optimal brain surgeon, against searches over samples in plain loops. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayerFit, type Row } from '../../../src/repair/layer-fit.ts';
import { Surgeon } from '../../../src/repair/obs.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { momentsOf, samplesOf, type Samples } from '../../helpers/data/samples.ts';

const value = ({ weights, bias }: Row, x: Float64Array) =>
  weights.reduce((sum, weight, i) => sum + weight * x[i]!, bias);

/** Mean squared error of a row for an output. */
function errorOf(samples: Samples, group: number, row: Row, unpruned: Row): number {
  const { x, x0 } = samples;
  const errors = x[group]!.map((inputs, s) => (value(row, inputs) - value(unpruned, x0[group]![s]!)) ** 2);
  return errors.reduce((sum, one) => sum + one) / errors.length;
}

/** Vectors that are orthogonal to all of `rows` and to each other, by Gram and Schmidt. */
function orthogonal(rows: readonly Float64Array[]): readonly Float64Array[] {
  const basis: Float64Array[] = [];
  const add = (start: Float64Array) => {
    const left = start.slice();
    for (const one of basis) {
      const share = one.reduce((sum, own, i) => sum + own * left[i]!, 0);
      one.forEach((own, i) => (left[i]! -= share * own));
    }
    const length = Math.hypot(...left);
    if (length > 1e-6) basis.push(left.map((own) => own / length));
  };
  rows.forEach(add);
  const size = rows[0]!.length;
  for (let i = 0; i < size; i++) add(Float64Array.from({ length: size }, (_, j) => Number(i === j)));
  return basis.slice(rows.length);
}

const GROUPS = 2;
const INPUTS = 7;
const OUTPUTS = 4;
const samples = samplesOf(GROUPS, INPUTS, 60, 'samples');
const moments = momentsOf(samples);
const random = generator('rows');
const unpruned: readonly Row[] = Array.from({ length: OUTPUTS }, () => ({
  weights: Float64Array.from(random.floats(INPUTS, 1)),
  bias: random.floats(1, 1)[0]!,
}));
const zero: Row = { weights: new Float64Array(INPUTS), bias: 0.25 };
const all = Uint32Array.from({ length: INPUTS }, (_, i) => i);
const kept = Uint32Array.of(0, 2, 3, 6);
const groupOf = (output: number) => Math.floor((output * GROUPS) / OUTPUTS);
const close = (a: number, b: number, bound = 1e-9) =>
  assert.ok(Math.abs(a - b) <= bound * (1 + Math.abs(b)), `${a} is not ${b}`);

for (const hasBias of [true, false]) {
  const fit = new LayerFit(moments, unpruned, hasBias);
  const name = hasBias ? 'with a bias' : 'with a bias that stays';

  test(`no row over the kept inputs has a smaller error, ${name}`, () => {
    for (let output = 0; output < OUTPUTS; output++) {
      const row = fit.refit(output, kept, zero, 0);
      assert.equal(
        [...row.weights].map((weight) => weight === 0),
        [...all].map((input) => !kept.includes(input)),
      );
      if (!hasBias) assert.is(row.bias, zero.bias);
      const own = errorOf(samples, groupOf(output), row, unpruned[output]!);
      for (const input of kept)
        for (const step of [-1e-3, 1e-3]) {
          const weights = row.weights.slice();
          weights[input]! += step;
          assert.ok(errorOf(samples, groupOf(output), { ...row, weights }, unpruned[output]!) > own);
        }
      for (const step of hasBias ? [-1e-3, 1e-3] : []) {
        const other = { ...row, bias: row.bias + step };
        assert.ok(errorOf(samples, groupOf(output), other, unpruned[output]!) > own);
      }
    }
  });

  test(`a large ridge leaves the current weights, ${name}`, () => {
    const current = { weights: unpruned[1]!.weights.slice(), bias: 0.5 };
    const row = fit.refit(1, all, current, 1e9);
    row.weights.forEach((weight, i) => close(weight, current.weights[i]!, 1e-6));
  });

  test(`what the surgeon removes costs what the error rises by, ${name}`, () => {
    for (let output = 0; output < OUTPUTS; output++) {
      const surgeon = new Surgeon(fit, 0);
      const { order, costs } = surgeon.trace(output, all, zero);
      assert.equal([...order].sort(), [...all].sort());
      let left = [...all];
      order.forEach((removed, step) => {
        const error = (inputs: readonly number[]) =>
          errorOf(
            samples,
            groupOf(output),
            fit.refit(output, Uint32Array.from(inputs), zero, 0),
            unpruned[output]!,
          );
        const before = error(left);
        const rises = left.map((input) => error(left.filter((other) => other !== input)) - before);
        const least = Math.min(...rises);
        close(costs[step]!, least, 1e-7);
        close(rises[left.indexOf(removed)]!, least, 1e-7);
        left = left.filter((other) => other !== removed);
      });
    }
  });
}

test('errors are those of the samples, less a constant', () => {
  const fit = new LayerFit(moments, unpruned, true);
  for (let output = 0; output < OUTPUTS; output++) {
    const rows = [zero, fit.refit(output, kept, zero, 0), unpruned[(output + 1) % OUTPUTS]!];
    const exact = rows.map((row) => errorOf(samples, groupOf(output), row, unpruned[output]!));
    const found = rows.map((row) => fit.error(output, row));
    close(found[1]! - found[0]!, exact[1]! - exact[0]!);
    close(found[2]! - found[0]!, exact[2]! - exact[0]!);
  }
});

test('the bias alone takes the mean error away', () => {
  const fit = new LayerFit(moments, unpruned, true);
  const pruned = {
    weights: unpruned[2]!.weights.map((weight, i) => (kept.includes(i) ? weight : 0)),
    bias: 9,
  };
  const { weights, bias } = fit.refitBias(2, pruned);
  assert.equal(weights, pruned.weights);
  const group = groupOf(2);
  const means = samples.x[group]!.map(
    (x, s) => value(unpruned[2]!, samples.x0[group]![s]!) - value({ weights, bias: 0 }, x),
  );
  close(bias, means.reduce((sum, one) => sum + one) / means.length);
});

for (const hasBias of [true, false]) {
  test(`the factor of an output is that of a straight line through the samples, ${hasBias ? 'with' : 'without'} a bias`, () => {
    const fit = new LayerFit(moments, unpruned, hasBias);
    for (let output = 0; output < OUTPUTS; output++) {
      const weights = unpruned[output]!.weights.map((weight, i) => (kept.includes(i) ? weight : 0));
      const pruned = { weights, bias: 0.75 };
      const group = groupOf(output);
      const y = samples.x[group]!.map((x) => value({ weights, bias: 0 }, x));
      const wanted = samples.x0[group]!.map((x) => value(unpruned[output]!, x) - (hasBias ? 0 : 0.75));
      const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one) / values.length;
      const [center, level] = hasBias ? [mean(y), mean(wanted)] : [0, 0];
      const factor =
        mean(y.map((one, s) => (one - center) * (wanted[s]! - level))) /
        mean(y.map((one) => (one - center) ** 2));
      const found = fit.refitAffine(output, pruned);
      found.weights.forEach((weight, i) => close(weight, factor * weights[i]!));
      close(found.bias, hasBias ? level - factor * center : 0.75);
      assert.ok(Math.abs(factor - 1) > 0.01, 'there is something to find');
    }
  });
}

test('an output that is constant keeps its factor', () => {
  const fit = new LayerFit(moments, unpruned, true);
  const none = fit.refitAffine(1, { weights: new Float64Array(INPUTS), bias: 3 });
  assert.equal(none.weights, new Float64Array(INPUTS));
  close(none.bias, fit.refitBias(1, none).bias);
  const constant = samplesOf(1, 5, 30, 'constant');
  for (const x of constant.x[0]!) x[2] = 0.7;
  const row = { weights: Float64Array.of(0, 0, 1.5, 0, 0), bias: 0 };
  const held = new LayerFit(momentsOf(constant), [unpruned[0]!], true).refitAffine(0, row);
  assert.equal(held.weights, row.weights);
});

test('inputs that determine nothing leave a row as near to what it was as they can, and one image or dead inputs do no harm', () => {
  const few = samplesOf(1, 5, 3, 'three images');
  const current = { weights: Float64Array.of(1, 2, 3, 4, 5), bias: 6 };
  const rows = [unpruned[0]!].map(({ bias }) => ({ weights: current.weights.map((w) => w / 2), bias }));
  const five = all.subarray(0, 5);
  for (const ridge of [0, 1e-9]) {
    const row = new LayerFit(momentsOf(few), rows, true).refit(0, five, current, ridge);
    // Three samples can be met, and what they do not see does not change: the change is a combination of the samples.
    assert.ok(errorOf(few, 0, row, rows[0]!) < 1e-6, `${errorOf(few, 0, row, rows[0]!)}`);
    const change = row.weights.map((weight, i) => weight - current.weights[i]!);
    for (const free of orthogonal(few.x[0]!))
      close(
        free.reduce((sum, one, i) => sum + one * change[i]!, 0),
        0,
        1e-4,
      );
  }

  const one = momentsOf(samplesOf(1, 5, 1, 'one image'));
  for (const ridge of [0, 1e-3]) {
    const held = new LayerFit(one, rows, true).refit(0, five, current, ridge);
    assert.ok([...held.weights, held.bias].every(Number.isFinite));
  }

  // All inputs dead: the bias is what the unpruned output is.
  const none = samplesOf(1, 5, 30, 'none');
  for (const x of none.x[0]!) x.fill(0);
  const mean = none.x0[0]!.reduce((sum, x) => sum + value(rows[0]!, x), 0) / 30;
  const alone = new LayerFit(momentsOf(none), rows, true).refit(0, five, current, 1e-3);
  assert.equal(alone.weights, current.weights);
  close(alone.bias, mean);
  assert.is(new LayerFit(momentsOf(none), rows, false).refit(0, five, current, 1e-3), current);

  const dead = samplesOf(1, 5, 30, 'dead');
  for (const x of [...dead.x[0]!, ...dead.x0[0]!]) x[3] = 0;
  const fit = new LayerFit(momentsOf(dead), rows, true);
  const row = fit.refit(0, five, current, 1e-3);
  close(row.weights[3]!, current.weights[3]!);
  const { order, costs } = new Surgeon(fit, 1e-3).trace(0, five, {
    ...current,
    weights: new Float64Array(5),
  });
  assert.is(order[0], 3, 'what multiplies nothing goes first');
  close(costs[0]!, 0);
});

test.run();
