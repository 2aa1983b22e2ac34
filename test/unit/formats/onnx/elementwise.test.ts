/** Functions of each element: which activation one is, and which none is. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFromOnnx } from '../../../../src/formats/onnx/model.ts';
import { functionWith, POINTS } from '../../../../src/formats/onnx/import/values/elementwise.ts';
import { activate } from '../../../../src/kernels/reference/activation.ts';
import { ACTIVATIONS, DEFAULT_ALPHA } from '../../../../src/kernels/activation.ts';
import type { ActivationNode } from '../../../../src/network/network.ts';
import { ACTIVATION_FILES, ACTIVATION_PATTERNS } from '../../../helpers/onnx/networks/activations.ts';

const of = (f: (x: number) => number) => functionWith(POINTS.map(f));

for (const activation of ACTIVATIONS.filter((name) => name !== 'none')) {
  const usual = DEFAULT_ALPHA[activation];
  for (const alpha of usual === undefined ? [0] : [usual, 0.2, 0.7]) {
    test(`${activation} of ${alpha}, and nothing close to it`, () => {
      const exact = (x: number) => activate({ activation, alpha }, x);
      const found = of(exact);
      assert.ok(found?.kind === 'activation');
      assert.is(found.activated.activation, activation);
      assert.ok(Math.abs(found.activated.alpha - alpha) < 1e-6);
      // In float32, as files have their constants.
      assert.equal(
        of((x) => exact(x) * Math.fround(1.00000003)),
        found,
      );
      for (const [name, wrong] of Object.entries({
        scaled: (x: number) => exact(x) * 1.00002,
        shifted: (x: number) => exact(x) + 1e-5,
        stretched: (x: number) => exact(x * 1.0001),
        'other around 0': (x: number) => exact(x) + 1e-5 * Math.exp(-x * x),
        'other far below 0': (x: number) => exact(x) + (x < -11 ? 1e-4 : 0) * x,
        'other far above 0': (x: number) => exact(x) + (x > 11 ? 1e-4 : 0) * x,
      })) {
        const other = of(wrong);
        const isSame = other?.kind === 'activation' && other.activated.activation === activation;
        // A leaky relu whose slope differs is another one, and a hard sigmoid too.
        const isOther = isSame && Math.abs(other.activated.alpha - alpha) > 1e-6;
        assert.ok(!isSame || isOther || exact(1) === exact(1.0001), `${name}: ${JSON.stringify(other)}`);
      }
    });
  }
}

test('lines are lines', () => {
  assert.equal(
    of((x) => x),
    { kind: 'identity' },
  );
  assert.equal(
    of((x) => 3 * x - 2),
    { kind: 'linear', scale: 3, shift: -2 },
  );
  assert.equal(
    of(() => 4),
    { kind: 'linear', scale: 0, shift: 4 },
  );
});

const REFUSED: Readonly<Record<string, (x: number) => number>> = {
  'a square': (x) => x * x,
  'a hard tanh': (x) => Math.min(Math.max(x, -1), 1),
  'a relu up to 6.1': (x) => Math.min(Math.max(x, 0), 6.1),
  'a relu from 0.2 on': (x) => Math.max(x, 0.2),
  'a hard sigmoid that is not 0.5 at 0': (x) => Math.min(Math.max(0.2 * x + 0.4, 0), 1),
  'a silu of twice the slope': (x) => x / (1 + Math.exp(-2 * x)),
  selu: (x) => 1.0507 * (x < 0 ? 1.67326 * Math.expm1(x) : x),
  'a step': (x) => (x > 0 ? 1 : 0),
  'an inverse': (x) => 1 / x,
  'no number': () => NaN,
  'gelu by another tanh': (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.0447 * x ** 3))),
};

for (const [name, f] of Object.entries(REFUSED)) {
  test(`${name} is none`, () => assert.is(of(f), undefined));
}

ACTIVATION_PATTERNS.forEach(({ name, activation }, i) => {
  test(`${name} is ${activation} alone`, () => {
    const { network } = modelFromOnnx(ACTIVATION_FILES[i]!.bytes());
    const found = network.nodes.filter((node): node is ActivationNode => node.kind === 'activation');
    assert.equal(
      found.map((node) => node.activation),
      activation.split(' '),
    );
  });
});

test.run();
