/** Models that fit no graph, and large graphs that are nothing to refuse. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  activation,
  add,
  conv2d,
  dense,
  flatten,
  NetworkBuilder,
  pool2d,
} from '../../../src/network/builder.ts';
import { checkModel } from '../../../src/network/check-model.ts';
import { inferShapes } from '../../../src/network/shapes.ts';
import type { Network } from '../../../src/network/network.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { randomModel } from '../../helpers/data/models.ts';

/** Dense layers of 2 and 4 inputs, with the parameters named. */
function sharing(names: Record<'a' | 'b', Readonly<Record<string, string>>>): Network {
  const builder = new NetworkBuilder([4]);
  builder.add(dense('a', { outputs: 4 }));
  builder.add(dense('b', { outputs: 2 }));
  const network = builder.build();
  return { ...network, nodes: network.nodes.map((node) => ({ ...node, ...names[node.name as 'a'] })) };
}

test('a parameter has one shape, whoever shares it', async () => {
  const normalization = { mean: 0, std: 1 };
  const tensors = new Map(
    [16, 8, 4, 2].map((length, i) => [`t${i}`, new Float32Array(length).fill(0.1)] as const),
  );
  const check = (network: Network) => checkModel({ network, normalization, tensors });
  check(sharing({ a: { weight: 't0', bias: 't2' }, b: { weight: 't1', bias: 't3' } }));
  await assertBadInput(
    () => check(sharing({ a: { weight: 't0', bias: 't2' }, b: { weight: 't0', bias: 't3' } })),
    /^dense "b" needs "t0" as 2 x 4, an earlier node as 4 x 4$/,
  );
  await assertBadInput(
    () => check(sharing({ a: { weight: 't0', bias: 't0' }, b: { weight: 't1', bias: 't3' } })),
    /^dense "a" needs "t0" as 4, an earlier node as 4 x 4$/,
  );
});

test('means and stds are one number, or one for each channel', async () => {
  const check = (channels: number, mean: readonly number[]) => {
    const builder = new NetworkBuilder([channels, 2, 2]);
    builder.add(conv2d('only', { outChannels: 1, kernel: 2 }));
    const tensors = new Map([
      ['only.weight', new Float32Array(4 * channels)],
      ['only.bias', new Float32Array(1)],
    ]);
    checkModel({ network: builder.build(), normalization: { mean, std: 1 }, tensors });
  };
  check(3, [0, 1, 2]);
  check(1, [0]);
  await assertBadInput(() => check(3, [0, 1]), /^mean is 0, 1 but must be 1 number or 3, one per channel$/);
  await assertBadInput(() => check(1, [0, 1]), /^mean is 0, 1 but must be 1 number, for the 1 channel$/);
});

test('a sum of two large tensors has two inputs per output', () => {
  const builder = new NetworkBuilder([1, 640, 640]);
  builder.add(conv2d('first', { outChannels: 16, kernel: 1 }));
  builder.add(add('sum'), 'first', 'first');
  builder.add(pool2d('pool', { operation: 'max', kernel: 640 }));
  builder.add(flatten('flat'));
  builder.add(dense('out', { outputs: 3 }));
  checkModel(randomModel(builder.build(), 'large'));
});

test('names and slopes have limits', async () => {
  const network = (name: string, alpha: number): Network => {
    const builder = new NetworkBuilder([4]);
    builder.add(dense('a', { outputs: 2 }));
    builder.add(activation('leaky', 'leaky-relu', alpha));
    const { nodes, ...rest } = builder.build();
    return {
      ...rest,
      nodes: nodes.map((node) => (node.kind === 'dense' ? { ...node, weight: name } : node)),
    };
  };
  const check = (name: string, alpha: number) => checkModel(randomModel(network(name, alpha), 'limits'));
  check('w'.repeat(1000), -16);
  await assertBadInput(() => check('w'.repeat(1001), 0), /name of 1001 characters, at most 1000 are allowed/);
  await assertBadInput(() => check('w', 17), /^activation leaky has an alpha of 17, magnitudes up to 16/);
  await assertBadInput(() => check('w', NaN), /an alpha of NaN/);
});

test('a pooling window of a billion pixels is refused at once', async () => {
  const builder = new NetworkBuilder([1, 1, 1024]);
  builder.add(
    pool2d('pool', {
      operation: 'max',
      kernel: [1, 2 ** 30],
      stride: 1,
      padding: [0, 2 ** 30 - 1, 0, 0],
    }),
  );
  await assertBadInput(
    () => inferShapes(builder.build()),
    /has a kernel of 1 x 1073741824, at most 65536 pixels a side/,
  );
});

test('windows with gaps cover pixels or are refused, as a walk over each says', () => {
  const covers = (size: number, kernel: number, dilation: number, left: number, right: number) => {
    const places = size + left + right - (kernel - 1) * dilation;
    return Array.from({ length: places }, (_, place) =>
      Array.from({ length: kernel }, (_, k) => place - left + k * dilation).some(
        (at) => at >= 0 && at < size,
      ),
    ).every(Boolean);
  };
  const found = new Set<boolean>();
  for (const size of [1, 2, 3])
    for (const kernel of [2, 3])
      for (const dilation of [1, 2, 4])
        for (let left = 0; left < kernel; left++)
          for (let right = 0; right < kernel; right++) {
            if (size + left + right < (kernel - 1) * dilation + 1) continue;
            const builder = new NetworkBuilder([1, 1, size]);
            const padding = [0, left, 0, right] as const;
            const options = { operation: 'max', kernel: [1, kernel], stride: 1 } as const;
            builder.add(pool2d('pool', { ...options, padding, dilation: [1, dilation] }));
            let accepted = true;
            try {
              inferShapes(builder.build());
            } catch {
              accepted = false;
            }
            const what = JSON.stringify({ size, kernel, dilation, left, right });
            assert.is(accepted, covers(size, kernel, dilation, left, right), what);
            found.add(accepted);
          }
  assert.is(found.size, 2, 'all windows alike');
});

test.run();
