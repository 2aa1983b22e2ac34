/** Numbers to 16 bits and back: all of them, and those in the middle between two. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeFloats, type FloatType } from '../../../../src/formats/arrays/encode-floats.ts';
import { decodeNumbers } from '../../../../src/formats/arrays/numbers.ts';

const COUNT = 65_536;
const allBits = Uint16Array.from({ length: COUNT }, (_, i) => i);
const bitsOf = (values: Float32Array | Float64Array, type: FloatType) =>
  new Uint16Array(encodeFloats(values, type).buffer as ArrayBuffer);
const decoded = (type: FloatType) => decodeNumbers(new Uint8Array(allBits.buffer), type) as Float32Array;

for (const type of ['float16', 'bfloat16'] as const) {
  const numbers = decoded(type);

  test(`all 65,536 numbers of ${type} come back bit for bit, but for the payload of NaN`, () => {
    const back = bitsOf(numbers, type);
    let nans = 0;
    for (let i = 0; i < COUNT; i++) {
      if (Number.isNaN(numbers[i]!)) {
        nans++;
        assert.ok(Number.isNaN(numbers[back[i]!]!), `${i}`);
      } else if (back[i] !== i) assert.unreachable(`${numbers[i]} became ${back[i]}, not ${i}`);
    }
    assert.is(nans, type === 'float16' ? 2 * 1023 : 2 * 127);
  });

  test(`halfway between two of ${type} the even one is taken, and the nearer one beside it`, () => {
    let compared = 0;
    // Of positive numbers the next bits are the next number; infinity is the last.
    for (let i = 0; i < COUNT / 2 - 1; i++) {
      const [below, above] = [numbers[i]!, numbers[i + 1]!];
      if (!Number.isFinite(above)) break;
      const middle = (below + above) / 2;
      const even = i % 2 === 0 ? i : i + 1;
      const nudge = (above - below) / 4;
      const bits = bitsOf(Float64Array.of(middle, middle - nudge, middle + nudge, -middle), type);
      const wanted = [even, i, i + 1, even + COUNT / 2];
      // bfloat16 starts from float32, which holds these exactly.
      if (!wanted.every((bit, k) => bit === bits[k])) assert.equal([i, ...bits], [i, ...wanted]);
      compared++;
    }
    assert.is(compared, type === 'float16' ? 0x7bff : 0x7f7f);
  });
}

test('beyond the largest half is infinity, and halfway to it too', () => {
  assert.equal(
    [...bitsOf(Float64Array.of(65_519.99, 65_520, 1e30, -65_520, Infinity, -Infinity), 'float16')],
    [...[0x7bff, 0x7c00, 0x7c00, 0xfc00, 0x7c00, 0xfc00]],
  );
  assert.equal(
    [...bitsOf(Float32Array.of(3.4e38, Infinity, -Infinity), 'bfloat16')],
    [0x7f80, 0x7f80, 0xff80],
  );
});

test('float32 and float64 are written as they are', () => {
  const values = Float32Array.of(0.1, -0, 1e-40);
  assert.equal(encodeFloats(values, 'float32'), new Uint8Array(values.buffer));
  assert.equal(encodeFloats(values, 'float64'), new Uint8Array(Float64Array.from(values).buffer));
});

test.run();
