import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept, maskToBytes, type Masks } from '../../../../../src/core/mask.ts';
import { randomStream } from '../../../../../src/core/random.ts';
import { changed } from '../../../../../src/search/tuned/moves/moves.ts';
import { pruneToTarget } from '../../../../../src/search/tuned/moves/prune-to-target.ts';
import { Ranking } from '../../../../../src/search/tuned/moves/ranking.ts';
import { randomMask } from '../../../../helpers/search/mask-change.ts';

const random = randomStream('prune to target');

const scoresOf = ({ length }: { length: number }) => Float64Array.from({ length }, () => random());

interface Case {
  readonly from: Masks;
  readonly searched: readonly number[];
  readonly rankings: readonly Ranking[];
  readonly rooms: readonly number[];
}

function caseOf(i: number): Case {
  const from = [40, 33, 96].map((size) => randomMask(size, random() * 1.4, random));
  return {
    from,
    searched: i % 4 === 0 ? [0, 2] : [0, 1, 2],
    rankings: from.map((mask) => new Ranking(mask.length, scoresOf(mask))),
    rooms: from.map((mask) => Math.floor(random() * (countKept(mask) + 1))),
  };
}

test('exactly the missing zeros are pruned, the least important of each layer, within what it may lose', () => {
  let [several, all] = [0, 0];
  for (let i = 0; i < 400; i++) {
    const { from, searched, rankings, rooms } = caseOf(i);
    const maxPrunable = searched.reduce((sum, layer) => sum + rooms[layer]!, 0);
    const missing = i % 3 === 0 ? maxPrunable : Math.floor(random() * (maxPrunable + 1));
    const after = pruneToTarget(from, missing, {
      searched,
      rankings,
      maxPrunableIn: (layer) => rooms[layer]!,
    });
    let [dropped, layers] = [0, 0];
    after.forEach((mask, layer) => {
      const count = countKept(from[layer]!) - countKept(mask);
      const lowest = rankings[layer]!.lowestKept(from[layer]!, count);
      assert.equal(maskToBytes(mask), maskToBytes(changed(from, layer, lowest, [])[layer]!));
      assert.ok(count <= (searched.includes(layer) ? rooms[layer]! : 0));
      // In proportion to the maxPrunable, within what rounding moves about.
      if (searched.includes(layer) && maxPrunable > 0) {
        assert.ok(Math.abs(count - (missing * rooms[layer]!) / maxPrunable) <= 1.5, `${count} of ${missing}`);
      }
      dropped += count;
      if (count > 0) layers++;
    });
    assert.is(dropped, missing);
    if (layers > 1) several++;
    if (missing === maxPrunable) all++;
  }
  assert.ok(several > 200 && all > 100, `${several}, ${all}`);
});

test('where more zeros are missing than may be pruned, as many as may be are', () => {
  for (let i = 0; i < 100; i++) {
    const { from, searched, rankings, rooms } = caseOf(i);
    const after = pruneToTarget(from, 1000, { searched, rankings, maxPrunableIn: (layer) => rooms[layer]! });
    for (const layer of searched) {
      assert.is(countKept(from[layer]!) - countKept(after[layer]!), rooms[layer]);
    }
  }
});

test.run();
