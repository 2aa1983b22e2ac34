/** How both of the article's searches go from layer to layer. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Masks } from '../../../../src/core/mask.ts';
import { geneticAlgorithm } from '../../../../src/search/article/genetic-algorithm.ts';
import type { LayerwiseOptions } from '../../../../src/search/article/layerwise.ts';
import { simulatedAnnealing } from '../../../../src/search/article/simulated-annealing.ts';
import type { Problem, Search } from '../../../../src/search/contract.ts';
import { run } from '../../../../src/search/run.ts';
import { assertSameMasks, searchError, tellLoss } from '../../../helpers/search/drive-search.ts';
import { problemOf, SyntheticEvaluator } from '../../../helpers/search/synthetic-evaluator.ts';

/** Caps of 0.25, 0.75 and 1 nat. */
const problem = problemOf([40, 33, 96], [0, 2, 3], 4);

const searches: Readonly<Record<string, (of: Problem, options: Partial<LayerwiseOptions>) => Search>> = {
  'simulated annealing': (of, options) => simulatedAnnealing(of, { iterations: 20, ...options }),
  'genetic algorithm': (of, options) => geneticAlgorithm(of, { generations: 4, ...options }),
};

for (const [name, make] of Object.entries(searches)) {
  const started = (loss: number, options: Partial<LayerwiseOptions> = {}) => {
    const search = make(problem, options);
    tellLoss(search, loss);
    return search;
  };

  test(`${name}: the unpruned network costs what no sparsity costs`, () => {
    for (const maxLossPenalty of [1e8, 3]) {
      assert.is(started(0.1, { maxLossPenalty }).unpruned!.cost, 1 / 1e-8);
    }
  });

  test(`${name}: an unpruned network at or above the first cap is refused before anything is proposed`, async () => {
    for (const loss of [0.25, 0.3125, 7]) {
      const evaluator = new SyntheticEvaluator(problem, () => ({ loss, accuracy: 0.9 }));
      const search = make(problem, {});
      for (const again of [search, search]) {
        const error = await searchError('infeasible', () => run(again, evaluator));
        assert.is(evaluator.candidates, 1);
        assert.match(error.message, `is ${loss} before layer0 is searched`);
        assert.match(error.message, /cap of 0\.25$/);
        assert.match(error.fix, /more images.*lossToWarmup/);
        assert.is(error.option, 'lossToWarmup');
      }
    }
    // The largest that is below, and a larger cap.
    assert.ok(started(0.25 - 2 ** -54).ask(1).length > 0);
    assert.ok(started(0.3125, { lossToWarmup: 1.5 }).ask(1).length > 0);
  });

  test(`${name}: the cap is that of the layer being searched`, async () => {
    const layers = ['layer1'];
    assert.ok(started(0.3, { layers }).ask(1).length > 0);
    const error = await searchError('infeasible', () => started(0.75, { layers }).ask(1));
    assert.match(error.message, /layer1 .*cap of 0\.75$/);
  });

  test(`${name}: a layer begins alike, whichever others are searched`, () => {
    const beginnings = (layers: readonly string[] | undefined) => {
      const search = started(0.1, { layers });
      const first = new Map<string, Masks>();
      while (!search.done) {
        const { layer } = search.progress;
        const index = problem.layers.findIndex((one) => one.name === layer);
        const candidates = search.ask(1);
        if (!first.has(layer))
          first.set(
            layer,
            candidates.map(({ masks }) => masks[index]!),
          );
        tellLoss(search, 0.1);
      }
      const { proposals, totalProposals } = search.progress;
      assert.is(proposals, totalProposals);
      return { first, proposals };
    };
    const all = beginnings(undefined);
    assert.equal([...all.first.keys()], ['layer0', 'layer1', 'layer2']);
    for (const layers of [['layer1'], ['layer2', 'layer0'], ['layer2', 'layer2']]) {
      const some = beginnings(layers);
      assert.equal([...some.first.keys()], [...new Set(layers)].sort());
      assert.is(some.proposals, (all.proposals / 3) * some.first.size);
      // Annealing may have dropped weights of a layer before, but not of this one.
      for (const [layer, masks] of some.first) assertSameMasks(masks, all.first.get(layer)!, layer);
    }
  });
}

test.run();
