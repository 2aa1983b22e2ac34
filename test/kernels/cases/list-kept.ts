/** list_kept: the kept weights of every output, with the offsets of their inputs. GPUs have no such kernel. */
import * as assert from 'uvu/assert';
import { generator } from '../../helpers/data/numbers.ts';
import type { KernelCase } from '../table.ts';

export interface ListInput {
  readonly outputs: number;
  readonly inputs: number;
  /** [output, input]. */
  readonly weight: Float32Array;
  readonly mask: Uint32Array;
  /** [input] byte offset. */
  readonly offsets: Uint32Array;
  /** Whether pruned weights are listed too, as 0. */
  readonly all: boolean;
  /** Outputs that read the same inputs, and bytes from those inputs to the next outputs'. */
  readonly groupOutputs: number;
  readonly groupBytes: number;
}

export interface ListOutput {
  /** [output + 1] number of entries before an output's first. */
  readonly starts: readonly number[];
  readonly entries: readonly (readonly [offset: number, weight: number])[];
}

const sizes = [
  ...([
    [1, 1],
    [3, 25],
    [4, 31],
    [2, 32],
  ] as const),
  ...([
    [5, 33],
    [2, 64],
    [7, 65],
    [16, 150],
  ] as const),
];

export const listKept = sizes.flatMap(([outputs, inputs]) =>
  [0, 0.1, 0.5, 1].flatMap((density) =>
    [false, true].map((all): KernelCase<ListInput, ListOutput> => ({
      name: `${outputs} x ${inputs}, density ${density}, ${all ? 'all' : 'kept'} weights`,
      input: () => {
        const random = generator(`${outputs} ${inputs} ${density}`);
        const [mask, weight] = [random.bits(outputs * inputs, density), random.floats(outputs * inputs)];
        const offsets = Uint32Array.from({ length: inputs }, () => random.below(1e6) * 4);
        const groupOutputs = 1 + random.below(outputs);
        return { outputs, inputs, weight, mask, offsets, all, groupOutputs, groupBytes: 4096 };
      },
      check({ starts, entries }, { weight, mask, offsets, groupOutputs, groupBytes }) {
        const expected: [number, number][] = [];
        const before: number[] = [];
        weight.forEach((value, i) => {
          if (i % inputs === 0) before.push(expected.length);
          const kept = (mask[i >>> 5]! >>> (i & 31)) & 1;
          const group = Math.floor(i / inputs / groupOutputs);
          if (kept || all) expected.push([offsets[i % inputs]! + group * groupBytes, kept ? value : 0]);
        });
        assert.equal(starts, [...before, expected.length]);
        assert.equal(entries, expected);
      },
    })),
  ),
);
