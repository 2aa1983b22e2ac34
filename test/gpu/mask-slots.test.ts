import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BufferSet } from '../../src/engine/webgpu/device/buffer-set.ts';
import { MaskSlots } from '../../src/engine/webgpu/mask-slots.ts';
import { fullMask } from '../../src/core/mask.ts';
import { acquireEngine } from '../helpers/gpu.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

const LENGTH = 70; // three words
const makeMasks = (count: number) => Array.from({ length: count }, () => fullMask(LENGTH));

test('masks of the batch keep their slot, the least recently used makes room, and no mask is written twice', () => {
  const buffers = new BufferSet(engine.context);
  const slots = new MaskSlots(engine.context, buffers, 'test', LENGTH);
  const [oldest, second, ...rest] = makeMasks(8);
  const [newcomer, another] = makeMasks(2);
  // Eight masks, one by one, fill the smallest number of slots.
  for (const mask of [oldest!, second!, ...rest]) slots.place([mask]);
  const { buffer } = slots;
  const slot = slots.slotOf(oldest!);
  assert.is(slots.writtenBytes, 8 * 12);

  slots.place([oldest!, newcomer!]);
  assert.is(slots.buffer, buffer, 'two masks need no more slots');
  assert.is(slots.slotOf(oldest!), slot);
  assert.is.not(slots.slotOf(newcomer!), slot);
  assert.is(slots.writtenBytes, 9 * 12, 'only the newcomer was written');

  // `second` had to go, and `oldest` is now among the newest.
  slots.place([second!]);
  assert.is(slots.writtenBytes, 10 * 12);
  slots.place([another!, oldest!]);
  assert.is(slots.writtenBytes, 11 * 12);

  const inUse = [oldest!, newcomer!, second!, another!].map((mask) => slots.slotOf(mask));
  assert.is(new Set(inUse).size, 4, 'no slot is shared');
  slots.release();
  slots.place([oldest!]);
  assert.is(slots.writtenBytes, 12 * 12, 'after release() every mask is written again');
  buffers.destroyAll();
});

test('a batch of more masks than slots gets a larger buffer', () => {
  const before = engine.context.bufferCount;
  const buffers = new BufferSet(engine.context);
  const slots = new MaskSlots(engine.context, buffers, 'test', LENGTH);
  slots.place(makeMasks(8));
  const masks = makeMasks(50);
  slots.place(masks);
  assert.is(new Set(masks.map((mask) => slots.slotOf(mask))).size, 50);
  for (const mask of masks) assert.ok((slots.slotOf(mask) + 1) * slots.stride <= slots.buffer.size);
  assert.is(engine.context.bufferCount, before + 1, 'the smaller buffer is gone');
  buffers.destroyAll();
  assert.is(engine.context.bufferCount, before);
});

test.run();
