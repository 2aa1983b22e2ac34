/** Damaged and hostile TFLite files: each is read, or refused in one sentence, in bounded time and memory. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Builder } from 'flatbuffers';
import { modelFromFile } from '../../../../src/formats/model-file.ts';
import { modelFromTflite } from '../../../../src/formats/tflite/model.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { refusal } from '../../../helpers/assert/hostile.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import { isFull } from '../../../helpers/sample.ts';
import { convolutional } from '../../../helpers/tflite/convolutional.ts';

const ROUNDS = isFull ? 4000 : 600;

const random = generator('hostile tflite');
const FILE = convolutional();

let read = 0;
let refused = 0;

function open(bytes: Uint8Array, what: string): void {
  const message = refusal(() => {
    const model = modelFromTflite(bytes);
    model.container!.write(model.tensors);
  }, what);
  if (message === undefined) read++;
  else refused++;
}

const copy = () => new Uint8Array(FILE);

test('the file without damage', () => {
  open(FILE, 'whole');
  assert.is(read, 1);
});

test('options that say which network it is are refused', async () => {
  for (const options of [{ activation: 'relu' }, { pooling: 'max' }, { architecture: '{}' }] as const)
    await assertBadInput(
      () => modelFromTflite(FILE, options),
      new RegExp(`${Object.keys(options)[0]} has no effect on a TFLite file, which holds its network`),
    );
});

test('every length', () => {
  for (let length = 0; length < FILE.length; length += isFull ? 1 : 7)
    open(FILE.subarray(0, length), `${length} bytes`);
});

test('bits that are flipped', () => {
  for (let i = 0; i < ROUNDS; i++) {
    const file = copy();
    const at = random.below(file.length);
    file[at]! ^= 1 << random.below(8);
    open(file, `bit flip at ${at}`);
  }
});

test('numbers that are large, small and negative', () => {
  for (let i = 0; i < ROUNDS; i++) {
    const file = copy();
    const at = 4 * random.below(file.length / 4);
    const value = [0x7fffffff, 0xffffffff, 0x80000000, 0, 1, 0x00ffffff, 0x10000, file.length][
      random.below(8)
    ]!;
    new DataView(file.buffer).setUint32(at, value, true);
    open(file, `${value} at ${at}`);
  }
});

test('bytes at random', () => {
  for (let i = 0; i < ROUNDS; i++) {
    const file = copy();
    for (let j = 0; j < 6; j++) file[random.below(file.length)] = random.below(256);
    open(file, `random bytes ${i}`);
  }
  assert.ok(refused > ROUNDS / 2 && read > ROUNDS / 10, `${refused} refused, ${read} read`);
});

test('a vector that many tables share is not read again for each', async () => {
  const count = 20_000;
  const builder = new Builder(1024);
  const vector = (length: number, add: () => void) => {
    builder.startVector(4, length, 4);
    for (let i = 0; i < length; i++) add();
    return builder.endVector();
  };
  const table = (fields: Readonly<Record<number, number>>) => {
    builder.startObject(5);
    for (const [index, offset] of Object.entries(fields)) builder.addFieldOffset(Number(index), offset, 0);
    return builder.endObject();
  };
  const inputs = vector(count, () => builder.addInt32(-1));
  const operator = table({ 1: inputs });
  const operators = vector(count, () => builder.addOffset(operator));
  const graph = table({ 3: operators });
  const graphs = vector(1, () => builder.addOffset(graph));
  const code = table({});
  const codes = vector(1, () => builder.addOffset(code));
  builder.finish(table({ 1: codes, 2: graphs }), 'TFL3');
  const file = new Uint8Array(builder.asUint8Array());
  open(file, 'shared inputs');
  await assertBadInput(
    () => modelFromTflite(file),
    /^the tables of the TFLite file lead to the same bytes too often$/,
  );
});

test('no file at all', async () => {
  await assertBadInput(
    () => modelFromFile({ name: 'a.tflite', bytes: Buffer.from('text') }),
    /does not start with its identifier, TFL3/,
  );
  await assertBadInput(() => modelFromFile({ name: 'a.tflite', bytes: new Uint8Array(0) }), /identifier/);
});

test.run();
