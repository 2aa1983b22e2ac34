import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isText } from '../../../../src/formats/arrays/array.ts';
import { openSafetensors } from '../../../../src/formats/arrays/safetensors.ts';
import { decodeSafetensors } from '../../../../src/formats/safetensors/tensors.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { bytesOf } from '../../../helpers/data/npy.ts';
import { rawSafetensors } from '../../cli/files.ts';

const TENSORS = {
  F64: [bytesOf(Float64Array.of(1e300, -0.5)), [1e300, -0.5]],
  F32: [bytesOf(Float32Array.of(1.5, NaN)), [1.5, NaN]],
  F16: [bytesOf(Uint16Array.of(0x3c00, 0xc000)), [1, -2]],
  BF16: [bytesOf(Uint16Array.of(0x3f80, 0xc040)), [1, -3]],
  U64: [bytesOf(BigUint64Array.of(5n, 2n ** 40n)), [5, 2 ** 40]],
  I64: [bytesOf(BigInt64Array.of(5n, -5n)), [5, -5]],
  U32: [bytesOf(Uint32Array.of(5, 4e9)), [5, 4e9]],
  I32: [bytesOf(Int32Array.of(5, -5)), [5, -5]],
  U16: [bytesOf(Uint16Array.of(5, 65535)), [5, 65535]],
  I16: [bytesOf(Int16Array.of(5, -5)), [5, -5]],
  U8: [Uint8Array.of(5, 251), [5, 251]],
  I8: [Uint8Array.of(5, 251), [5, -5]],
  BOOL: [Uint8Array.of(0, 1), [0, 1]],
} as const;

const fileOf = (dtypes: readonly string[], shape: readonly number[] = [2]) =>
  rawSafetensors(
    // One byte in front leaves no tensor at an address that its type needs.
    new Map([
      ['first', { dtype: 'U8', shape: [1], data: Uint8Array.of(9) }],
      ...dtypes.map(
        (dtype) => [dtype, { dtype, shape, data: (TENSORS[dtype as 'U8'] ?? TENSORS.U8)[0] }] as const,
      ),
    ]),
  );

test('tensors of every element type are read as numbers', async () => {
  const dtypes = Object.keys(TENSORS) as (keyof typeof TENSORS)[];
  const { names, read } = openSafetensors(fileOf(dtypes));
  assert.equal(names, ['first', ...dtypes]);
  for (const dtype of dtypes) {
    const array = await read(dtype);
    assert.ok(!isText(array));
    assert.equal([array.shape, [...array.numbers]], [[2], TENSORS[dtype][1]], dtype);
  }
});

test('models still take only float32 and bytes', async () => {
  for (const dtype of Object.keys(TENSORS).filter((name) => name !== 'F32' && name !== 'U8'))
    await assertBadInput(
      () => decodeSafetensors(fileOf([dtype])),
      new RegExp(`has dtype "${dtype}", only F32 and U8 are read`),
    );
});

test('damage is refused', async () => {
  await assertBadInput(
    () => openSafetensors(fileOf(['F8_E4M3'])),
    /has dtype "F8_E4M3", only BOOL and U8 and/,
  );
  await assertBadInput(() => openSafetensors(fileOf(['I64'], [3])), /its shape \[3\] in I64 needs 24 bytes/);
  await assertBadInput(
    () => openSafetensors(fileOf(['I64']).subarray(0, -1)),
    /only rising ones up to the 16 bytes/,
  );
});

test.run();
