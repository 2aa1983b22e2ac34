import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMask } from '../../../../src/core/mask.ts';
import { BatchEncoder } from '../../../../src/engine/webgpu/batch-encoder.ts';
import type { DeviceNetwork } from '../../../../src/engine/webgpu/device-network.ts';
import type { ImageBuffer } from '../../../../src/engine/webgpu/image-buffer.ts';
import type { ImageOrder } from '../../../../src/engine/webgpu/image-order.ts';

const CHUNKS = [
  { first: 0, count: 8 },
  { first: 8, count: 12 },
];

/** The calls that a batch of `jobs` candidates makes on a network of three layers, as text. */
function encode(plan: Parameters<BatchEncoder['encode']>[2], jobs: number, sideBySide: number): string[] {
  const calls: string[] = [];
  const layers = [0, 1, 2].map((s) => ({
    ...{ pipeline: `layer ${s}`, weight: `weight ${s}`, bias: `bias ${s}`, masks: { buffer: `masks ${s}` } },
    kernel: { grid: (_: void, images: number, __: object, candidates: number) => [images, candidates] },
  }));
  const network = {
    layers,
    compiled: { loss: 'loss' },
    candidates: { records: 'records', states: 'states' },
    arena: { outputOf: (s: number) => `half ${s % 2}` },
    candidatesSideBySide: () => sideBySide,
    params: {
      ofLayer: (_: ImageBuffer, s: number, kind: string, chunk?: { first: number }, first?: number) =>
        `${kind} ${s} ${chunk?.first ?? 'all'} ${first ?? ''}`.trim(),
      ofLoss: (_: ImageBuffer, chunk: { first: number }, first: number) => `${chunk.first} ${first}`,
    },
    dispatcher: {
      encode(_: object, { pipeline, params, buffers, grid }: Record<string, string & string[]>) {
        const [x, y] = pipeline === 'loss' ? [buffers![2], buffers![4]] : [buffers![2], buffers!.at(-1)];
        calls.push(`${pipeline} [${params}] ${x} -> ${y}, grid ${grid!.join(' ')}`);
      },
    },
  };
  const imageBuffer = {
    ...{ images: 20, chunks: CHUNKS, labels: 'labels', losses: 'losses' },
    cache: ['images', 'cache 1', 'cache 2'],
    inputOf: (s: number) => `input ${s}`,
    extended: () => calls.push('extended'),
  };
  const order = {
    encodeRank: () => calls.push('rank'),
    encodeGather: (_: object, __: object, s: number) => calls.push(`gather ${s}`),
  };
  new BatchEncoder(network as unknown as DeviceNetwork, order as unknown as ImageOrder).encode(
    {} as GPUComputePassEncoder,
    imageBuffer as unknown as ImageBuffer,
    plan,
    jobs,
  );
  return calls;
}

test('a batch ranks, extends the cache, gathers, and then runs chunk by chunk, as many candidates as fit', () => {
  const masks = [1, 2, 3].map(fullMask);
  assert.equal(encode({ extend: { from: 0, to: 1, masks }, start: 1 }, 3, 2), [
    'rank',
    'layer 0 [extend 0 all] images -> cache 1, grid 20 1',
    'extended',
    'gather 1',
    'layer 1 [start 1 0 1] input 1 -> half 1, grid 8 2',
    'layer 2 [follow 2 0 1] half 1 -> half 0, grid 8 2',
    'loss [0 1] half 0 -> losses, grid 2 1 1',
    'layer 1 [start 1 0 3] input 1 -> half 1, grid 8 1',
    'layer 2 [follow 2 0 3] half 1 -> half 0, grid 8 1',
    'loss [0 3] half 0 -> losses, grid 1 1 1',
    'layer 1 [start 1 8 1] input 1 -> half 1, grid 12 2',
    'layer 2 [follow 2 8 1] half 1 -> half 0, grid 12 2',
    'loss [8 1] half 0 -> losses, grid 2 1 1',
    'layer 1 [start 1 8 3] input 1 -> half 1, grid 12 1',
    'layer 2 [follow 2 8 3] half 1 -> half 0, grid 12 1',
    'loss [8 3] half 0 -> losses, grid 1 1 1',
  ]);
});

test('without extending only the candidates’ layers run', () => {
  const calls = encode({ extend: undefined, start: 2 }, 1, 64);
  assert.equal(calls, [
    'rank',
    'gather 2',
    'layer 2 [start 2 0 1] input 2 -> half 0, grid 8 1',
    'loss [0 1] half 0 -> losses, grid 1 1 1',
    'layer 2 [start 2 8 1] input 2 -> half 0, grid 12 1',
    'loss [8 1] half 0 -> losses, grid 1 1 1',
  ]);
});

test.run();
