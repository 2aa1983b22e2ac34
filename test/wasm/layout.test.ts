/** Where the regions of a WebAssembly memory are. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmCachePlan } from '../../src/engine/wasm/cache-plan.ts';
import { memoryLayout } from '../../src/engine/wasm/layout.ts';
import { scratchTensors } from '../../src/engine/wasm/scratch-tensors.ts';
import { imageShape, tensorLayouts } from '../../src/engine/wasm/tensor-layout.ts';
import { conv2d, sequential } from '../../src/network/builder.ts';
import type { FusedLayer } from '../../src/network/fused-layer.ts';
import { fuse } from '../../src/network/fuse.ts';
import { lastReaders } from '../../src/network/liveness.ts';
import { GRAPHS } from '../helpers/data/graphs/index.ts';

/** Pairs of tensors that are in memory at the same time while the layers run one after the other. */
function neededTogether(layers: readonly FusedLayer[]): readonly (readonly [number, number])[] {
  const last = lastReaders(layers);
  const untilOf = (tensor: number) => last[tensor] ?? layers.length;
  return layers.flatMap((_, s) =>
    // While layer s writes tensor s + 1, these are still to be read.
    Array.from({ length: s + 1 }, (__, tensor) => tensor)
      .filter((tensor) => untilOf(tensor) >= s)
      .map((tensor) => [tensor, s + 1] as const),
  );
}

test('tensors share a region only if one is no longer read and their layouts are equal', () => {
  let shared = 0;
  for (const [name, network] of Object.entries(GRAPHS)) {
    const layers = fuse(network);
    const tensors = tensorLayouts(layers, imageShape(network.input));
    const { regions, regionOf } = scratchTensors(layers, tensors);
    assert.is(regionOf.length, layers.length + 1);
    for (const [a, b] of neededTogether(layers)) {
      assert.is.not(regionOf[a], regionOf[b], `${name}: tensors ${a} and ${b}`);
    }
    tensors.forEach((layout, tensor) => {
      const first = regionOf.indexOf(regionOf[tensor]!);
      assert.equal(layout, tensors[first], `${name}: layouts of ${first} and ${tensor}`);
      assert.is(regions[regionOf[tensor]!], layout.blockBytes);
      if (first !== tensor) shared++;
    });
  }
  assert.ok(shared >= 1, `no tensors share a region`);
});

test('channels that a convolution reads are no multiple of a cache stride apart', () => {
  const conv = (padding: number) =>
    fuse(sequential([3, 16, 16], conv2d('conv', { outChannels: 2, kernel: 3, padding })));
  const [plain, padded] = [0, 1].map((padding) => tensorLayouts(conv(padding), [3, 16, 16])[0]!);
  assert.is(plain!.channelBytes, (16 * 16 + 1) * 48);
  assert.is(padded!.channelBytes, 18 * 18 * 48);
  assert.equal(plain!.pixels, 3 * (16 * 16 + 1));
});

test('regions do not overlap', () => {
  const network = GRAPHS.residual;
  const layers = fuse(network);
  const sizes = { images: 50, input: imageShape(network.input), workers: 2, firstBlock: 0, blockStride: 1 };
  const layout = memoryLayout(layers, sizes);
  const { tensors, blocks, caches, workers } = layout;
  const regions = new Map<number, number>();
  const put = (start: number, bytes: number) => bytes > 0 && regions.set(start, start + bytes);
  put(layout.control, 64);
  put(layout.pixels, 50 * 8 * 8);
  for (const words of [layout.targets, layout.order, layout.losses]) put(words, 50 * 4);
  put(layout.table, 1024);
  layers.forEach(({ weights, biases, mask }, s) => {
    const { weight, bias } = layout.layers[s]!;
    put(weight, weights * 4);
    put(bias, biases * 4);
    for (const { lists } of workers) {
      if (mask === undefined) continue;
      put(lists[s]!.starts, (biases + 1) * 4);
      put(lists[s]!.entries, weights * 8);
    }
  });
  tensors.forEach(({ blockBytes }, tensor) => {
    if (tensor > 0) put(caches[tensor]!, blocks * blockBytes);
    for (const own of workers) put(own.tensors[tensor]!, blockBytes);
  });
  for (const { sums } of workers) put(sums, 5 * 4 * 48);
  const sorted = [...regions].sort(([a], [b]) => a - b);
  sorted.slice(1).forEach(([start], i) => assert.ok(sorted[i]![1] <= start, `the region before ${start}`));
  assert.ok(sorted.at(-1)![1] <= layout.pages * 65_536);
});

test('the cache keeps to its bytes, and to what 32-bit addresses leave', () => {
  const network = GRAPHS.residual;
  const layers = fuse(network);
  const plan = (images: number, bytes: number) => {
    const sizes = { images, input: imageShape(network.input), workers: 1, firstBlock: 0, blockStride: 1 };
    const { tensors, cuts } = wasmCachePlan(layers, sizes, bytes);
    const { pages } = memoryLayout(layers, { ...sizes, cached: tensors });
    const without = memoryLayout(layers, { ...sizes, cached: [] }).pages;
    return { cuts: cuts.length, pages, cached: (pages - without) * 65_536 };
  };
  const all = plan(500, 2 ** 30);
  assert.is(all.cuts, layers.length - 1);
  assert.ok(all.cached < 2 ** 30);
  const some = plan(500, all.cached / 2);
  assert.ok(some.cuts > 0 && some.cuts < all.cuts, `${some.cuts} of ${all.cuts} cuts`);
  assert.ok(some.cached <= all.cached / 2 + 65_536, `${some.cached} bytes`);
  assert.is(plan(500, 0).cuts, 0);
  // More than there are: as many as fit.
  const many = plan(1_000_000, 2 ** 40);
  assert.ok(many.cuts > 0 && many.cuts < all.cuts && many.pages <= 65_536, `${many.cuts} cuts`);
});

test.run();
