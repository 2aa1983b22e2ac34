import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fuse } from '../../src/network/fuse.ts';
import { inputOffsets } from '../../src/engine/wasm/layout.ts';
import { generator } from '../helpers/numbers.ts';
import { assertOnlyWrites, layoutOf, openKernels, UNWRITTEN } from '../helpers/wasm-kernel.ts';

for (const shared of [true, false]) {
  const build = shared ? 'shared' : 'unshared';

  test(`list_kept lists what a plain loop does, ${build}`, async () => {
    const sizes: [outputs: number, inputs: number][] = [
      [1, 1],
      [3, 25],
      [4, 31],
      [2, 32],
      [5, 33],
      [2, 64],
      [7, 65],
      [16, 150],
    ];
    for (const [outputs, inputs] of sizes) {
      for (const density of [0, 0.1, 0.5, 1]) {
        const random = generator(`${outputs} ${inputs} ${density}`);
        const weights = outputs * inputs;
        const mask = random.bits(weights, density);
        const weight = random.floats(weights);
        const offsets = Uint32Array.from({ length: inputs }, () => random.below(1e6) * 4);
        const opened = await openKernels(shared, 1);
        const { kernels, words, floats } = opened;
        // The mask ends with the memory, so that reading beyond it would trap.
        const at = { weight: 8_192, offsets: 20_480, starts: 24_576, entries: 32_768 };
        const maskAt = words.byteLength - mask.byteLength;
        words.set(mask, maskAt / 4);
        floats.set(weight, at.weight / 4);
        words.set(offsets, at.offsets / 4);

        for (const all of [0, 1]) {
          floats.fill(UNWRITTEN, at.starts / 4, maskAt / 4);
          const listed: [offset: number, weight: number][] = [];
          const starts: number[] = [];
          for (let i = 0; i < weights; i++) {
            if (i % inputs === 0) starts.push(at.entries + listed.length * 8);
            const kept = (mask[i >>> 5]! >>> (i & 31)) & 1;
            if (kept || all) listed.push([offsets[i % inputs]!, kept ? weight[i]! : 0]);
          }
          starts.push(at.entries + listed.length * 8);

          const label = `${outputs} x ${inputs}, density ${density}, all ${all}`;
          const written = [
            ...starts.map((_, i) => at.starts / 4 + i),
            ...Array.from({ length: listed.length * 2 }, (_, i) => at.entries / 4 + i),
          ];
          assertOnlyWrites(opened, { start: 0, end: words.byteLength, written }, () =>
            kernels.list_kept(maskAt, at.weight, at.offsets, outputs, inputs, at.starts, at.entries, all),
          );
          assert.equal(Array.from(words.subarray(at.starts / 4, at.starts / 4 + outputs + 1)), starts, label);
          assert.equal(
            listed.map((_, k) => [words[at.entries / 4 + 2 * k], floats[at.entries / 4 + 2 * k + 1]]),
            listed,
            label,
          );
        }
      }
    }
  });
}

test('the inputs of an output are listed in the order of its weights', () => {
  const layers = fuse({
    input: { channels: 1, height: 5, width: 8 },
    layers: [
      { kind: 'conv2d', name: 'conv1', outChannels: 2, kernel: 1, padding: 0, activation: 'none' },
      { kind: 'conv2d', name: 'conv2', outChannels: 3, kernel: 4, padding: 3, activation: 'none' },
      { kind: 'flatten' },
      { kind: 'dense', name: 'out', outputs: 1, activation: 'none' },
    ],
  });
  const { layers: laidOut } = layoutOf(layers, 1, 5, 8);
  // [in_channel, kernel_row, kernel_column] over a padded image of 11 rows of 14 pixels of 12 images.
  const expected = [0, 1].flatMap((channel) =>
    [0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((column) => ((channel * 11 + row) * 14 + column) * 48)),
  );
  assert.equal(Array.from(inputOffsets(layers[1]!, laidOut[1]!.input)), expected);
  assert.equal(Array.from(inputOffsets(layers[2]!, laidOut[2]!.input).subarray(0, 3)), [0, 96, 192]);
});

test.run();
