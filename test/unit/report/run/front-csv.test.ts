import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { frontCsv } from '../../../../src/report/run/front-csv.ts';
import type { FrontPoint } from '../../../../src/report/run/result.ts';
import { without } from './fake-result.ts';

const point: FrontPoint = {
  zeros: 6714,
  sparsity: { global: 0.109, meanLayer: 0.0748, perLayer: [0.1, 0.05] },
  tuning: { loss: 0.2, accuracy: 0.96 },
  validation: { loss: 0.3, accuracy: 0.95 },
  test: { loss: 0.4, accuracy: 0.94 },
  final: false,
};

const HEADER =
  'point,zeros,global_sparsity,mean_layer_sparsity,loss,accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy,final';

test('a row for each point, numbered from 0', () => {
  const last = { ...point, zeros: 7000, final: true };
  assert.is(
    frontCsv([point, last]),
    `${HEADER}\n0,6714,0.109,0.0748,0.2,0.96,0.3,0.95,0.4,0.94,0\n1,7000,0.109,0.0748,0.2,0.96,0.3,0.95,0.4,0.94,1\n`,
  );
});

test('without test images their fields are empty', () => {
  assert.is(frontCsv([without(point, 'test')]), `${HEADER}\n0,6714,0.109,0.0748,0.2,0.96,0.3,0.95,,,0\n`);
});

test('a loss and an accuracy of 0 are numbers', () => {
  const zero = { loss: 0, accuracy: 0 };
  const [, row] = frontCsv([{ ...point, tuning: zero, validation: zero, test: zero }]).split('\n');
  assert.is(row, '0,6714,0.109,0.0748,0,0,0,0,0,0,0');
});

test('every number reads back as the same float64', () => {
  const odd = { loss: 1 / 3, accuracy: 0.1 + 0.2 };
  const sparsity = { global: 2 ** -40, meanLayer: 1e-7 / 3, perLayer: [] };
  const [, row] = frontCsv([{ ...point, sparsity, tuning: odd, validation: odd, test: odd }]).split('\n');
  assert.equal(row!.split(',').map(Number), [
    ...[0, 6714, 2 ** -40, 1e-7 / 3],
    ...[1 / 3, 0.1 + 0.2, 1 / 3, 0.1 + 0.2, 1 / 3, 0.1 + 0.2, 0],
  ]);
});

test.run();
