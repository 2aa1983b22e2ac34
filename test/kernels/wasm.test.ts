import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layerTable } from '../../src/engine/wasm/tables.ts';
import { tensorLayouts } from '../../src/engine/wasm/tensor-layout.ts';
import { LOSS_UNITS } from '../../src/kernels/loss-sum.ts';
import { fuse } from '../../src/network/fuse.ts';
import { conv, flat, full, stack } from '../helpers/data/networks.ts';
import { wasmKernels } from './devices/wasm.ts';
import { testKernels } from './table.ts';

testKernels(wasmKernels, 1);

test('softmax_cross_entropy: the loss of two equal logits is ln 2 to the last digit', async () => {
  const two = { classes: 2, images: 1, logits: Float32Array.of(3, 3), labels: Uint32Array.of(0) };
  const { losses } = await wasmKernels.softmax_cross_entropy!(two);
  assert.equal(losses, [Math.round(Math.LN2 * LOSS_UNITS)]);
});

test('the inputs of an output are listed in the order of its weights', () => {
  const network = stack(
    [1, 5, 8],
    conv('conv1', 2, 1),
    conv('conv2', 3, 4, { padding: 3 }),
    flat,
    full('out', 1),
  );
  const layers = fuse(network);
  const tensors = tensorLayouts(layers, [1, 5, 8]);
  const offsetsOf = (s: number) => Array.from(layerTable(layers[s]!, tensors[s]!, tensors[s + 1]!));
  // [in_channel, kernel_row, kernel_column] over a padded image of 11 rows of 14 pixels of 12 images.
  const expected = [0, 1].flatMap((channel) =>
    [0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((column) => ((channel * 11 + row) * 14 + column) * 48)),
  );
  assert.equal(offsetsOf(1), expected);
  assert.equal(offsetsOf(2).slice(0, 3), [0, 96, 192]);
});

test.run();
