import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatOf, openArrays, SNIFFED_BYTES } from '../../../../src/formats/arrays/open.ts';
import { permuted } from '../../../../src/formats/arrays/permute.ts';
import { encodeSafetensors } from '../../../../src/formats/safetensors/tensors.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { npyBytes, npz, zip } from '../../../helpers/data/npy.ts';
import { idx } from '../../../helpers/data/idx.ts';

const bytes = Uint8Array.of(1, 2);
const tensors = new Map([['x', { dtype: 'U8', shape: [2], data: bytes } as const]]);
const FILES = {
  idx: [idx([2], bytes), gzipSync(idx([2], bytes)), idx([1, 1, 1, 2], bytes, 9)],
  npy: [npyBytes([2], bytes)],
  npz: [npz({ x: npyBytes([2], bytes) }), zip({})],
  safetensors: [encodeSafetensors(tensors)],
};

test('formats are told apart by their first bytes', () => {
  for (const [format, files] of Object.entries(FILES)) {
    for (const file of files) {
      assert.is(formatOf(file), format);
      assert.is(formatOf(file.subarray(0, SNIFFED_BYTES)), format);
    }
  }
  for (const text of ['', 'P', 'x,y\n1,2\n', '\0\0', '{"x": 1}', '\0\0\x08\x05'])
    assert.is(formatOf(Buffer.from(text, 'latin1')), undefined);
});

test('every format gives the same array, under its own name or the one given', async () => {
  for (const [format, [file]] of Object.entries(FILES)) {
    const { names, read } = openArrays(file!, 'x');
    assert.equal(names, ['x'], format);
    assert.equal(await read('x'), { shape: [2], numbers: bytes });
  }
  const claims = {
    'x.npy': /npy file has 4 bytes/,
    'a.npz': /zip file of 4/,
    'a.safetensors': /safetensors file has 4/,
  };
  for (const [name, pattern] of Object.entries({
    ...claims,
    'train-images-idx3-ubyte.gz': /number 0x6e6f6e65/,
  })) {
    await assertBadInput(() => openArrays(Buffer.from('none'), name).read(name), pattern);
  }
  assert.equal(openArrays(FILES.npy[0]!, 'train-x').names, ['train-x']);
  await assertBadInput(
    () => openArrays(Buffer.from('label,pixel'), 'x'),
    /11 bytes that are neither IDX, npz, npy/,
  );
});

test('axes change places, in memory of their own', () => {
  const numbers = Int16Array.from({ length: 24 }, (_, i) => i);
  const moved = permuted(numbers, [2, 3, 4], [0, 2, 1]);
  const expected = [0, 1].flatMap((i) =>
    [0, 1, 2, 3].flatMap((k) => [0, 1, 2].map((j) => 12 * i + 4 * j + k)),
  );
  assert.equal([...moved], expected);
  assert.equal([...permuted(moved, [2, 4, 3], [0, 2, 1])], [...numbers]);
  assert.is.not(permuted(numbers, [24], [0]).buffer, numbers.buffer);
  assert.equal([...permuted(Float32Array.of(5), [], [])], [5]);
});

test.run();
