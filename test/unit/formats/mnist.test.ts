import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convertMnist, readStoredDigits, restoreBytes } from '../../../scripts/convert-mnist.ts';
import { decodeMnist } from '../../../src/formats/mnist.ts';
import { readBundledDigits } from '../../../src/formats/node/bundled-digits.ts';
import { encodeSafetensors, type Tensor } from '../../../src/formats/safetensors/tensors.ts';
import { splitMnist } from '../../../src/data/splits.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

test('every byte is restored from its three decimals, and nothing else is taken', () => {
  const stored = Array.from({ length: 256 }, (_, byte) => Number((byte / 255).toFixed(3)));
  restoreBytes(stored).forEach((byte, i) => assert.is(byte, i));
  for (const value of [0.001, 0.9999, 1.001, -0.004, NaN]) {
    assert.throws(() => restoreBytes([0, value]), new RegExp(`pixel 1 is ${value}`));
  }
});

test('the bundled images are those of the package', async () => {
  const converted = decodeMnist(convertMnist());
  assert.equal([converted.count, converted.height, converted.width], [10_000, 28, 28]);
  const counts = new Array<number>(10).fill(0);
  for (const label of converted.labels) counts[label]! += 1;
  assert.equal(counts, [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);

  const stored = readStoredDigits(5);
  const start = converted.labels.indexOf(5) * 784;
  let wrong = 0;
  stored.forEach((value, i) => {
    if (Number((converted.pixels[start + i]! / 255).toFixed(3)) !== value) wrong++;
  });
  assert.is(stored.length, 863 * 784);
  assert.is(wrong, 0);

  const bundled = await readBundledDigits();
  assert.is(Buffer.compare(bundled.pixels, converted.pixels), 0);
  assert.is(Buffer.compare(bundled.labels, converted.labels), 0);
  assert.is(splitMnist(bundled).search.count, 2000);
});

test('another file is refused', async () => {
  const images: Tensor = { dtype: 'U8', shape: [2, 1, 1], data: new Uint8Array(2) };
  const labels: Tensor = { dtype: 'U8', shape: [2], data: Uint8Array.of(0, 11) };
  const floats: Tensor = { dtype: 'F32', shape: [2], data: new Float32Array(2) };
  const decode = (tensors: Record<string, Tensor>) => () =>
    decodeMnist(encodeSafetensors(new Map(Object.entries(tensors))));
  await assertBadInput(decode({ labels }), /has no tensor "images", only U8 with 3 dimensions/);
  await assertBadInput(
    decode({ images, labels: floats }),
    /has a F32 \[2\] tensor "labels", only U8 with 1 dimension is/,
  );
  await assertBadInput(decode({ images, labels }), /label 1 is 11/);
});

test.run();
