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

interface Named {
  readonly name: string;
}

interface FakeDispatch {
  readonly pipeline: string;
  readonly params: string;
  readonly buffers: readonly string[];
  readonly grid: readonly number[];
}

/** Three layers, the last of which adds the outputs of the two before it. */
const LAYERS = [{ reads: [0] }, { reads: [1] }, { reads: [1, 2] }];

/** The calls that a batch of `jobs` candidates makes on a network of these layers, as text. `cached`: tensors beside the images. */
function encode(
  plan: Parameters<BatchEncoder['encode']>[2],
  jobs: number,
  sideBySide: number,
  cached: readonly number[] = [1, 2],
): string[] {
  const calls: string[] = [];
  const isCached = (tensor: number) => tensor === 0 || cached.includes(tensor);
  const placeOf = (tensor: number) => (isCached(tensor) ? 'cache' : 'arena');
  const layers = LAYERS.map((_, s) => ({
    ...{ pipeline: `layer ${s}`, parameters: { weight: `weight ${s}` }, masks: { buffer: `masks ${s}` } },
    kernel: {
      bindings: ['params', 'states', 'x', ...(s === 2 ? ['second'] : []), 'y'].map((name) => ({ name })),
      grid: (_: void, images: number, __: object, candidates: number) => [images, candidates],
    },
  }));
  const network = {
    layers,
    tensors: {
      ...{ layers: LAYERS, parts: [0, 0, 1, 2] },
      maxUncached: (from: number, to: number) =>
        [1, 2, 3].slice(from, to).every((tensor) => isCached(tensor)) ? 0 : 5,
      placesFrom: (start: number) => ({ name: `from ${start}` }),
      placesOfExtending: (s: number) => ({
        reads: LAYERS[s]!.reads.map((tensor) => placeOf(tensor)),
        writes: placeOf(s + 1),
        name: 'extend',
      }),
    },
    compiled: { loss: 'loss' },
    candidates: { records: 'records', states: 'states' },
    arena: { part: (part: number) => `part ${part}` },
    candidatesSideBySide: () => sideBySide,
    params: {
      ofLayer: (_: ImageBuffer, s: number, { name }: Named, chunk: { first: number }, first?: number) =>
        `${name} ${s} ${chunk.first} ${first ?? ''}`.trim(),
      ofLoss: (_: ImageBuffer, chunk: { first: number }, first: number) => `${chunk.first} ${first}`,
    },
    dispatcher: {
      encode(_: object, { pipeline, params, buffers, grid }: FakeDispatch) {
        const isLoss = pipeline === 'loss';
        const from = isLoss ? buffers[2] : buffers.slice(1, -1).join(' and ');
        const to = isLoss ? buffers[4] : buffers.at(-1);
        calls.push(`${pipeline} [${params}] ${from} -> ${to}, grid ${grid.join(' ')}`);
      },
    },
  };
  const imageBuffer = {
    ...{ images: 20, chunks: CHUNKS, labels: 'labels', losses: 'losses', whole: { first: 0, count: 20 } },
    cache: new Map([0, ...cached].map((tensor) => [tensor, `cache ${tensor}`])),
    inputOf: (tensor: number, cut: number) => `input ${tensor} at ${cut}`,
    extended: () => calls.push('extended'),
  };
  const order = {
    encodeRank: () => calls.push('rank'),
    encodeGather: (_: object, __: object, cut: number) => calls.push(`gather ${cut}`),
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
    'layer 0 [extend 0 0] cache 0 -> cache 1, grid 20 1',
    'extended',
    'gather 1',
    'layer 1 [from 1 1 0 1] input 1 at 1 -> part 1, grid 8 2',
    'layer 2 [from 1 2 0 1] input 1 at 1 and part 1 -> part 2, grid 8 2',
    'loss [0 1] part 2 -> losses, grid 2 1 1',
    'layer 1 [from 1 1 0 3] input 1 at 1 -> part 1, grid 8 1',
    'layer 2 [from 1 2 0 3] input 1 at 1 and part 1 -> part 2, grid 8 1',
    'loss [0 3] part 2 -> losses, grid 1 1 1',
    'layer 1 [from 1 1 8 1] input 1 at 1 -> part 1, grid 12 2',
    'layer 2 [from 1 2 8 1] input 1 at 1 and part 1 -> part 2, grid 12 2',
    'loss [8 1] part 2 -> losses, grid 2 1 1',
    'layer 1 [from 1 1 8 3] input 1 at 1 -> part 1, grid 12 1',
    'layer 2 [from 1 2 8 3] input 1 at 1 and part 1 -> part 2, grid 12 1',
    'loss [8 3] part 2 -> losses, grid 1 1 1',
  ]);
});

test('without extending only the candidates’ layers run, from all tensors that are alive', () => {
  const calls = encode({ extend: undefined, start: 2 }, 1, 64);
  assert.equal(calls, [
    'rank',
    'gather 2',
    'layer 2 [from 2 2 0 1] input 1 at 2 and input 2 at 2 -> part 2, grid 8 1',
    'loss [0 1] part 2 -> losses, grid 1 1 1',
    'layer 2 [from 2 2 8 1] input 1 at 2 and input 2 at 2 -> part 2, grid 12 1',
    'loss [8 1] part 2 -> losses, grid 1 1 1',
  ]);
});

test('if a tensor on the way is not cached, the cache is extended chunk by chunk', () => {
  const masks = [1, 2, 3].map(fullMask);
  const calls = encode({ extend: { from: 0, to: 2, masks }, start: 2 }, 1, 64, [2]);
  assert.equal(calls.slice(0, 6), [
    'rank',
    'layer 0 [extend 0 0] cache 0 -> part 0, grid 8 1',
    'layer 1 [extend 1 0] part 0 -> cache 2, grid 8 1',
    'layer 0 [extend 0 8] cache 0 -> part 0, grid 12 1',
    'layer 1 [extend 1 8] part 0 -> cache 2, grid 12 1',
    'extended',
  ]);
});

test.run();
