import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { articleOrder, crossOver, mutate, randomMask } from '../../../../src/search/article/operators.ts';
import {
  fullMask,
  isKept,
  maskFromBytes,
  maskToBytes,
  packsBits,
  weightsOf,
  type Mask,
} from '../../../../src/core/mask.ts';
import { randomStream, type RandomStream } from '../../../../src/core/random.ts';
import { assertFrequency } from '../../../helpers/assert/frequency.ts';

const emptyMask = (length: number): Mask => maskFromBytes(new Uint8Array(length));
const bits = (mask: Mask) => maskToBytes(mask).join('');
const fromBits = (text: string) => maskFromBytes(Array.from(text, Number));

/** A stream that gives these numbers, then fails. */
function scripted(numbers: readonly number[]): RandomStream & { readonly left: number } {
  const rest = [...numbers];
  const next = () => {
    assert.ok(rest.length > 0, 'one number too many is drawn');
    return rest.shift()!;
  };
  return Object.defineProperty(Object.assign(next, { double: next, left: 0 }), 'left', {
    get: () => rest.length,
  });
}

/** How often `change` sets each gene of `from` to another value, and each with its neighbour, in `trials` masks. */
function changes(from: Mask, trials: number, change: (random: RandomStream) => Mask) {
  const single = new Array<number>(from.length).fill(0);
  const both = new Array<number>(from.length).fill(0);
  for (let trial = 0; trial < trials; trial++) {
    const mask = change(randomStream('changes', trial));
    const changed = Array.from(single, (_, i) => isKept(mask, i) !== isKept(from, i));
    assert.ok(packsBits(mask.words, from.length), 'a bit beyond the last');
    changed.forEach((is, i) => {
      if (is) single[i]!++;
      if (is && changed[(i + 1) % changed.length]) both[i]!++;
    });
  }
  return { single, both };
}

test('an initial mask drops each weight with the rate, whatever its neighbour does', () => {
  const [length, trials] = [70, 4_000];
  for (const rate of [0.15, 0.15 ** 2, 0.5]) {
    const { single, both } = changes(fullMask(length), trials, (random) => randomMask(length, rate, random));
    single.forEach((count, i) => assertFrequency(count, trials, rate, `rate ${rate}, gene ${i}`));
    if (trials * rate ** 2 < 20) continue; // Too few for the normal bound.
    both.forEach((count, i) => assertFrequency(count, trials, rate ** 2, `rate ${rate}, genes from ${i}`));
  }
});

test('at rate 0 an initial mask keeps everything, at rate 1 nothing', () => {
  for (const length of [1, 31, 32, 33, 64]) {
    const random = randomStream('rates', length);
    assert.equal(randomMask(length, 0, random), fullMask(length));
    assert.equal(randomMask(length, 1, random), emptyMask(length));
  }
});

test('mutation redraws a gene with the rate, as 1 with the rate', () => {
  // From 1 a gene goes with probability rate (1 - rate), from 0 it comes with rate^2: their sum is P(redrawn), and the
  // second over the sum P(1 | redrawn).
  const [length, trials] = [70, 6_000];
  for (const rate of [0.15, 0.4, 0.8]) {
    const down = changes(fullMask(length), trials, (random) => mutate(fullMask(length), rate, random));
    const up = changes(emptyMask(length), trials, (random) => mutate(emptyMask(length), rate, random));
    const falls = rate * (1 - rate);
    const rises = rate ** 2;
    for (let i = 0; i < length; i++) {
      const label = `rate ${rate}, gene ${i}`;
      assertFrequency(down.single[i]!, trials, falls, `${label} falls`);
      assertFrequency(up.single[i]!, trials, rises, `${label} rises`);
      assertFrequency(down.both[i]!, trials, falls ** 2, `${label} falls with its neighbour`);
    }
    const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b);
    // The same streams drive both, so a gene redrawn in one is redrawn in the other.
    const redrawn = sum(down.single) + sum(up.single);
    assertFrequency(redrawn, length * trials, rate, `rate ${rate}, redrawn`);
    assertFrequency(sum(up.single), redrawn, rate, `rate ${rate}, redrawn as 1`);
  }
});

test('mutation by hand: one number per gene, a second for those redrawn, both against the rate', () => {
  const parent = fromBits('110010');
  const random = scripted([0.3, 0.29, 0.3, 0.29, 0.29, 0.0, 0.9, 0.1, 0.7, 0.99]);
  //           kept    to 0       to 1       kept  to 0      kept
  assert.is(bits(mutate(parent, 0.3, random)), '101000');
  assert.is(random.left, 0);
  assert.is(bits(parent), '110010', 'the parent is left as it was');
});

test('at rate 0 mutation changes nothing, at rate 1 every gene becomes 1', () => {
  for (const length of [1, 32, 45]) {
    const mask = randomMask(length, 0.5, randomStream('half', length));
    const random = randomStream('rates', length);
    assert.equal(mutate(mask, 0, random), mask);
    assert.equal(mutate(mask, 1, random), fullMask(length));
  }
});

test("the article's order by hand", () => {
  // Dense, 2 out x 3 in: weight (out, in) is number 3 out + in here, and 2 in + out there.
  assert.equal([...articleOrder([2, 3])], [0, 3, 1, 4, 2, 5]);
  // Convolution, 2 out x 1 in x 2 x 2: number 4 out + 2 ky + kx here, 4 ky + 2 kx + out there.
  assert.equal([...articleOrder([2, 1, 2, 2])], [0, 4, 1, 5, 2, 6, 3, 7]);
  // 2 out x 2 in x 1 x 2: number 4 out + 2 in + kx here, 4 kx + 2 in + out there.
  assert.equal([...articleOrder([2, 2, 1, 2])], [0, 4, 2, 6, 1, 5, 3, 7]);
  // Other tensors keep theirs.
  assert.equal([...articleOrder([4])], [0, 1, 2, 3]);
  assert.equal([...articleOrder([2, 1, 2])], [0, 1, 2, 3]);
  assert.equal([...articleOrder([1, 1])], [0]);
});

test("the article's order has every index once", () => {
  for (const shape of [[6, 1, 5, 5], [16, 6, 5, 5], [120, 256], [10, 84], [7], [1], [3, 1, 1, 2]]) {
    const order = articleOrder(shape);
    assert.is(order.length, weightsOf(shape));
    const sorted = [...order].sort((a, b) => a - b);
    assert.equal(sorted, [...order.keys()]);
  }
});

test("crossover by hand: the genes before the cut in the article's order from one parent", () => {
  const dense = articleOrder([2, 3]);
  const byCut = ['000000', '100000', '100100', '110100', '110110', '111110'];
  const complement = (text: string) => text.replace(/./g, (bit) => (bit === '1' ? '0' : '1'));
  byCut.forEach((expected, cut) => {
    const children = crossOver(fullMask(6), emptyMask(6), cut, dense);
    assert.equal(children.map(bits), [expected, complement(expected)], `cut ${cut}`);
  });
  // Genes 0, 4 and 1 come before a cut of 3.
  const children = crossOver(fromBits('10110010'), fromBits('01010111'), 3, articleOrder([2, 1, 2, 2]));
  assert.equal(children.map(bits), ['10010111', '01110010']);
});

test('crossover of masks of many words gives each child every gene of one parent or the other', () => {
  const shape = [6, 3, 5, 5];
  const length = weightsOf(shape);
  const order = articleOrder(shape);
  const [a, b] = ['a', 'b'].map((name) => randomMask(length, 0.5, randomStream(name))) as [Mask, Mask];
  const before = [bits(a), bits(b)];
  for (const cut of [0, 1, 31, 32, 33, 200, length - 2, length]) {
    const children = crossOver(a, b, cut, order);
    order.forEach((gene, place) => {
      const [first, second] = place < cut ? [a, b] : [b, a];
      assert.is(isKept(children[0], gene), isKept(first, gene), `cut ${cut}, gene ${gene}`);
      assert.is(isKept(children[1], gene), isKept(second, gene), `cut ${cut}, gene ${gene}`);
    });
    for (const { words } of children) assert.ok(packsBits(words, length));
  }
  assert.equal([bits(a), bits(b)], before, 'the parents are left as they were');
});

test.run();
