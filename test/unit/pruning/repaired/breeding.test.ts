/** A population of one layer: what children are made of, who survives, and what it does not depend on. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept, maskFromBytes, maskToBytes, type Mask } from '../../../../src/core/mask.ts';
import { referenceEngine } from '../../../../src/engine/reference/reference.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import { Breeding } from '../../../../src/pruning/repaired/exchanges/breeding.ts';
import {
  expressed,
  joinedGenes,
  withMutation,
  type Gene,
} from '../../../../src/pruning/repaired/exchanges/genes.ts';
import { LayerFit } from '../../../../src/repair/layer-fit.ts';
import { layerMoments } from '../../../../src/repair/layer-moments.ts';
import { keptIn, repairableLayers } from '../../../../src/repair/repair.ts';
import type { RepairedNetwork } from '../../../../src/repair/round.ts';
import type { Evaluation } from '../../../../src/search/contract.ts';
import { randomImages, randomMasks, randomModel, tinyNetwork } from '../../../helpers/data/models.ts';

const INPUTS = 4;
const row = (value: number) => ({ weights: Float64Array.of(value, 0, 0, value), bias: value });
const geneOf = (id: number, outputs: Readonly<Record<number, readonly number[]>>, gain: number): Gene => ({
  id,
  gain,
  outputs: new Map(
    Object.entries(outputs).map(([output, kept]) => [
      Number(output),
      { kept: Uint32Array.from(kept), row: row(id) },
    ]),
  ),
});
const founder = {
  mask: maskFromBytes([1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1]),
  rows: [row(10), row(11), row(12)],
};

test('a gene replaces whole outputs, mask and rows, and leaves the others', () => {
  const after = expressed(founder, [geneOf(1, { 1: [2], 2: [0, 1, 3] }, 0)], INPUTS);
  assert.equal([...maskToBytes(after.mask)], [1, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1]);
  assert.is(countKept(after.mask), countKept(founder.mask));
  assert.equal(after.rows, [row(10), row(1), row(1)]);
  assert.is(after.rows[0], founder.rows[0]);
  assert.equal(expressed(founder, [], INPUTS), founder);
});

test('a mutation of outputs that have changed before is one gene with all that changed with them', () => {
  const before = [geneOf(1, { 0: [1, 2] }, 0.3), geneOf(2, { 1: [2], 2: [0, 1, 3] }, 0.2)];
  const mutant = { ...expressed(founder, before, INPUTS), rows: [row(1), row(5), row(2)] };
  const { gene, genes } = withMutation(before, mutant, { inputs: INPUTS, outputs: [1], id: 3 });
  assert.equal(genes, [before[0]!, gene]);
  assert.is(gene.gain, 0.2);
  assert.equal([...gene.outputs.keys()].sort(), [1, 2]);
  assert.is(gene.outputs.get(1)!.row, mutant.rows[1]);
  assert.is(gene.outputs.get(2), before[1]!.outputs.get(2));
});

test('joined genes have no output in common, and those of most gain come first', () => {
  const genes = [geneOf(1, { 0: [1] }, 0.1), geneOf(2, { 0: [2], 1: [0] }, 0.4), geneOf(3, { 2: [0] }, 0.2)];
  const joined = (probability: number, draws: readonly number[]) => {
    const left = [...draws];
    const random = Object.assign(() => left.shift()!, { double: () => left.shift()! });
    return joinedGenes(genes, probability, random).map(({ id }) => id);
  };
  assert.equal(joined(1, [0, 0, 0]), [2, 3]);
  assert.equal(joined(0.5, [0.7, 0.1, 0.1]), [3, 1]);
  assert.equal(joined(0, [0.5, 0.5, 0.5]), []);
});

const LAYER = 2;
const model = randomModel(tinyNetwork, 'breeding');
const masks = randomMasks(tinyNetwork, 0.6, 'breeding');
const network = { masks, tensors: applyMasks(model, masks).tensors };
const rows = repairableLayers(model)[LAYER]!;

async function breedingOf(children: number): Promise<Breeding> {
  const engine = referenceEngine();
  const calibrator = await engine.calibrator(model, randomImages(tinyNetwork, 20, 'breeding'));
  const moments = await layerMoments(calibrator, LAYER, rows, network.tensors);
  await engine.close();
  return new Breeding({
    ...{ layer: LAYER, rows, network, ridge: 1e-3, seed: '1', visit: 3, loss: 100, children },
    fit: new LayerFit(moments, rows.of(model.tensors), true),
  });
}

/** Worth 1 for each output whose weights differ from the start: improvements add up. */
function changedOutputs({ masks: own }: RepairedNetwork): number {
  const changes = Array.from({ length: rows.outputs }, (_, output) =>
    Number(
      keptIn(own[LAYER]!, output, rows.inputs).join() !== keptIn(masks[LAYER]!, output, rows.inputs).join(),
    ),
  );
  return changes.reduce((sum, one) => sum + one, 0);
}
const evaluated = (loss: number): Evaluation => ({ exceeded: false, loss, accuracy: 0.5 });

test('what children have done better is joined, and all of them keep as many weights', async () => {
  const breeding = await breedingOf(16);
  const seen = new Set<string>();
  let largest = 0;
  for (let left = 100; left > 0;) {
    const proposals = breeding.propose(left);
    assert.ok(proposals.length > 0 && proposals.length <= Math.min(left, 16));
    for (const { masks: own } of proposals) {
      assert.is(countKept(own[LAYER]!), countKept(masks[LAYER]!));
      own.forEach((mask, layer) => layer === LAYER || assert.is(mask, masks[layer]));
      seen.add(own[LAYER]!.words.join());
    }
    const before = breeding.loss;
    const { counted, accepted } = breeding.tell(proposals.map((one) => evaluated(100 - changedOutputs(one))));
    assert.is(counted, proposals.length);
    if (accepted) assert.is(accepted.network, breeding.network);
    largest = Math.max(largest, before - breeding.loss);
    left -= counted;
  }
  assert.ok(seen.size > 40, `${seen.size} different masks`);
  assert.ok(largest > 2, `${largest}: an exchange changes two outputs at the most`);
  assert.is(breeding.loss, 100 - changedOutputs(breeding.network));
  assert.ok(changedOutputs(breeding.network) >= 10);
});

test('nobody survives that is worse than where it began, nor that exceeds the limit', async () => {
  const breeding = await breedingOf(8);
  assert.is(breeding.lossLimit, 100);
  const first = breeding.propose(100);
  assert.is(first.length, 8);
  assert.equal(breeding.tell(first.map((_, i) => (i % 2 ? evaluated(101) : { exceeded: true }))), {
    counted: 8,
  });
  assert.is(breeding.network, network);
  const second = breeding.propose(100);
  const { accepted } = breeding.tell(second.map((_, i) => evaluated(i === 5 ? 80 : i === 6 ? 90 : 100)));
  assert.is(accepted!.network, second[5]);
  assert.equal([breeding.loss, breeding.lossLimit], [80, 90], 'two survive');
});

test('the same seed breeds the same children, another visit others', async () => {
  const words = (list: readonly { readonly masks: readonly Mask[] }[]) =>
    list.map((one) => [...one.masks[LAYER]!.words]);
  const [one, same] = [await breedingOf(8), await breedingOf(8)];
  const first = one.propose(50);
  assert.equal(words(same.propose(50)), words(first));
});

test.run();
