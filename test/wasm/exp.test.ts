import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileFunctions, measure, MEASURED, type LargestErrors } from '../../scripts/exp-error.ts';
import { activationError } from '../helpers/assert/tolerance.ts';

/**
 * As scripts/exp-error.ts measured them, the first three over every float32 of the range; a stride through them finds a little
 * less.
 */
const FIGURES = {
  exp: { ulp: 1.2917, relative: 1.1912e-7 },
  sigmoid: { absolute: 8.9307e-8 },
  tanh: { absolute: 8.9529e-8 },
  erf: { absolute: 1.1921e-7 },
  log1p: { absolute: 1.1922e-7 },
  gelu: { absolute: 4.7e-7 },
  geluTanh: { absolute: 5.2e-7 },
  softplus: { absolute: 4.9e-7 },
} as const satisfies Record<string, Partial<LargestErrors>>;

/** A prime, so that all low bits vary. */
const STRIDE = 997;

const functions = await compileFunctions();

for (const measured of MEASURED) {
  const { name } = measured;
  test(`${name} has the errors that were measured over all float32`, () => {
    const errors = measure(functions, measured, STRIDE);
    assert.ok(errors.count > 1e6, `only ${errors.count} arguments`);
    for (const [unit, figure] of Object.entries(FIGURES[name])) {
      const error = errors[unit as keyof LargestErrors];
      assert.ok(error <= figure, `off by ${error} ${unit}`);
      assert.ok(error > 0.85 * figure, `${error} ${unit} are far less than ${figure}: measure it again`);
    }
  });
}

test('the bounds of the kernel tests cover the errors of sigmoid and tanh', () => {
  assert.ok(FIGURES.sigmoid.absolute < activationError({ activation: 'sigmoid', alpha: 0 }, 1));
  assert.ok(FIGURES.tanh.absolute < activationError({ activation: 'tanh', alpha: 0 }, 1));
});

test.run();
