import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_DIGEST, extendDigest } from '../../../src/search/digest.ts';
import { fullMask, maskFromBytes, type Mask } from '../../../src/core/mask.ts';

const masks = [fullMask(33), maskFromBytes([1, 0, 1])];
const accepted = { masks, loss: 0.1, accuracy: 0.97 };
const digest = extendDigest(EMPTY_DIGEST, 2, 5, accepted);

test('a run in which nothing was accepted has the SHA-256 of nothing', () => {
  assert.is(EMPTY_DIGEST, createHash('sha256').digest('hex'));
});

test('a digest is 64 hexadecimal digits and the same for the same step', () => {
  assert.match(digest, /^[0-9a-f]{64}$/);
  const equal = { ...accepted, masks: [fullMask(33), maskFromBytes([1, 0, 1])] };
  assert.is(extendDigest(EMPTY_DIGEST, 2, 5, equal), digest);
});

test('everything that makes an accepted step changes the digest', () => {
  const step = (changes: Partial<typeof accepted>) =>
    extendDigest(EMPTY_DIGEST, 2, 5, { ...accepted, ...changes });
  const [first, last] = masks as [Mask, Mask];
  const shorter = maskFromBytes(new Uint8Array(33).fill(1, 0, 32));
  const others = {
    'what came before': extendDigest(digest, 2, 5, accepted),
    layer: extendDigest(EMPTY_DIGEST, 5, 5, accepted),
    step: extendDigest(EMPTY_DIGEST, 2, 6, accepted),
    'layer and step in each other’s place': extendDigest(EMPTY_DIGEST, 5, 2, accepted),
    'the last bit of the loss': step({ loss: 0.1 + 2 ** -56 }),
    'the last bit of the accuracy': step({ accuracy: 0.97 + 2 ** -53 }),
    'loss and accuracy in each other’s place': step({ loss: 0.97, accuracy: 0.1 }),
    'a bit of the first mask': step({ masks: [shorter, last] }),
    'a bit of the last mask': step({ masks: [first, maskFromBytes([1, 1, 1])] }),
    'the order of the masks': step({ masks: [last, first] }),
  };
  const all = Object.values(others).concat(digest);
  for (const [what, other] of Object.entries(others)) {
    assert.is(all.filter((one) => one === other).length, 1, what);
  }
});

test('accepted steps count in their order', () => {
  const other = { ...accepted, loss: 0.2 };
  const forward = extendDigest(extendDigest(EMPTY_DIGEST, 0, 1, accepted), 0, 2, other);
  const backward = extendDigest(extendDigest(EMPTY_DIGEST, 0, 2, other), 0, 1, accepted);
  assert.is.not(forward, backward);
});

test.run();
