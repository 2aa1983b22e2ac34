/** Whether the unpruned network does what is expected of it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { spell } from '../../../../src/core/phrase.ts';
import { lenet5 } from '../../../../src/network/lenet5.ts';
import type { Network } from '../../../../src/network/network.ts';
import type { Container } from '../../../../src/network/container.ts';
import { checkExpectedAccuracy, suspicionOf } from '../../../../src/pruning/evaluation/unpruned.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

const own = {};
const file = { container: {} as Container };

test('an accuracy may be off by half a point, and not by more', async () => {
  for (const [accuracy, expected] of [
    [0.885, 88],
    [0.875, 88],
    [0.9813, 98.1],
    [0.29, 29.5],
  ] as const)
    checkExpectedAccuracy({ loss: 1, accuracy }, expected, own, 'net');
  for (const [accuracy, expected] of [
    [0.88501, 88],
    [0.8749, 88],
    [0, 1],
  ] as const)
    await assertBadInput(
      () => checkExpectedAccuracy({ loss: 1, accuracy }, expected, own, 'net'),
      /^the unpruned accuracy of net is /,
    );
});

test('a suspicion names the options that the model has', () => {
  const chance = { loss: 3, accuracy: 0.1 };
  const said = (model: { readonly network?: Network; readonly container?: Container }) =>
    spell(suspicionOf(chance, { network: lenet5(), ...model }, 'net')!);
  assert.match(said(own), /check activation, pooling, mean, std and scale, that the data is/);
  assert.match(said(file), /check mean, std and scale, and that the data is/);
  // Weights whose network the caller named: a wrong one gives wrong answers, too.
  const weights = (options: readonly string[], order?: Uint32Array) =>
    said({ container: { options, layouts: new Map([['w', { shape: [], order }]]) } as unknown as Container });
  assert.match(
    weights(['architecture']),
    /check architecture, mean, std and scale, that the data is .* channel, row, column/,
  );
  assert.match(
    weights(['architecture', 'flatten']),
    /check architecture, flatten, mean, std and scale, and that the data is .* rows, columns, then channels, .* flatten rows-columns-channels$/,
  );
  assert.match(
    weights(['architecture', 'flatten'], new Uint32Array(1)),
    /check architecture, flatten, mean, std and scale, that the data is .* channel, row, column$/,
  );
  assert.match(
    weights(['activation', 'pooling', 'flatten']),
    /check activation, pooling, flatten, mean, std and scale, and that/,
  );
});

test.run();
