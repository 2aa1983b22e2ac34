import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layerGrid, rowOverrides } from '../../../src/kernels/layer.ts';
import { maskedConv2d, type ConvShape } from '../../../src/kernels/masked-conv2d.ts';
import { quadsOf, withShape } from '../../../src/kernels/spec.ts';
import { windowColumns } from '../../../src/kernels/window-columns.ts';

const shape: ConvShape = {
  ...{ inChannels: 2, inHeight: 5, inWidth: 6, outChannels: 9, groups: 1 },
  ...{ kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1] },
  ...{ pool: 'average', activation: 'tanh', alpha: 0 },
};
const tiling = { workgroupSize: 8, images: 2, outputs: 8 } as const;

test('a kernel with its shape filled in is the same kernel', () => {
  const kernel = withShape(maskedConv2d, shape);
  assert.is(kernel.name, 'masked_conv2d');
  assert.is(kernel.bindings, maskedConv2d.bindings);
  assert.equal(kernel.constants(undefined, tiling), maskedConv2d.constants(shape, tiling));
  assert.equal(kernel.overrides(undefined, tiling), maskedConv2d.overrides(shape, tiling));
  // 2 x 3 pixels after pooling; 35 images are 18 pairs, so three workgroups; two tiles of channels for each candidate.
  assert.equal(kernel.grid(undefined, 35, tiling, 4), [3, 6, 8]);
  assert.equal(kernel.cost(undefined, 7), maskedConv2d.cost(shape, 7));
  assert.is(kernel.cost(undefined, 7).macs, 9 * 2 * 9 * 30 * 7);
});

test('rows of workgroups beyond what a grid has in y follow in x', () => {
  const plain = { workgroupSize: 8, images: 2, outputs: 4 } as const;
  assert.equal(layerGrid(65_535, 35, plain, 2), [3, 65_535, 2]);
  assert.equal(layerGrid(65_536, 35, plain, 2), [6, 65_535, 2]);
  assert.equal(rowOverrides(65_536), { rows: 65_536, grid_rows: 65_535 });
});

test('columns of pixels under a row of a kernel are fetched once', () => {
  assert.equal(windowColumns(3, 1, 2, 5), { columns: 3, step: 5, perPlace: 0, perTap: 1 });
  assert.equal(windowColumns(5, 2, 1, 1), { columns: 6, step: 1, perPlace: 1, perTap: 1 });
  assert.equal(windowColumns(3, 4, 2, 1), { columns: 9, step: 1, perPlace: 2, perTap: 1 });
  assert.equal(windowColumns(3, 2, 4, 6), { columns: 9, step: 2, perPlace: 2, perTap: 3 });
});

test('images are counted in quads, the last one padded', () => {
  assert.equal([0, 1, 4, 5, 8].map(quadsOf), [0, 1, 1, 2, 2]);
});

test.run();
