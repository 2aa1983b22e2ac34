/**
 * A search with an objective and a move of one's own: fewest multiply-accumulates instead of fewest weights, and whole
 * outputs dropped at once. Run it with `node examples/own-objective-and-move.mjs [evaluations]`.
 */
import {
  changed,
  countKept,
  holdBack,
  loadMnist,
  loadModel,
  MOVES,
  openEngine,
  problemOf,
  run,
  tunedAnnealing,
  weightImportance,
  withValidation,
} from 'masksearch/node';

const evaluations = Number(process.argv[2] ?? 2000);
const model = await loadModel();
const { layers } = problemOf(model.network);

// An objective is a number that the search makes small. What a weight counts is up to it; `lossPerWeight` says what loss is worth. Here
// a kept weight counts as often as it is multiplied with something: in a convolution once for every position.
const macs = { conv1: 117_600, conv2: 240_000, fc1: 48_000, fc2: 10_080, out: 840 };
const total = Object.values(macs).reduce((sum, count) => sum + count, 0);
const fewestMacs = ({ loss, sparsity, lossPerWeight }) =>
  layers.reduce((sum, { name }, i) => sum + (macs[name] / total) * (1 - sparsity.perLayer[i]), 0) +
  loss / lossPerWeight;

// A move proposes masks near the current ones. It draws from `random` alone and leaves undefined what it cannot change.
const dropOutput = {
  name: 'drop an output',
  frequency: 1,
  propose({ masks, layer, maxPrunableIn, random }) {
    const outputs = layers[layer].shape[0];
    const fanIn = masks[layer].length / outputs;
    const first = Math.floor(random() * outputs) * fanIn;
    const weights = Array.from({ length: fanIn }, (_, i) => first + i);
    const proposal = changed(masks, layer, weights, []);
    const dropped = countKept(masks[layer]) - countKept(proposal[layer]);
    return dropped > 0 && dropped <= maxPrunableIn(layer) ? proposal : undefined;
  },
};

const engine = await openEngine();
try {
  const { tuning, validation } = holdBack((await loadMnist()).search);
  const evaluator = withValidation(
    await engine.evaluator(model, tuning),
    await engine.evaluator(model, validation),
  );
  const search = tunedAnnealing(evaluator, {
    evaluations,
    importance: await weightImportance('magnitude', model, tuning),
    objective: fewestMacs,
    moves: [...MOVES, dropOutput],
  });
  const { best } = await run(search, evaluator);
  const left = fewestMacs({ loss: 0, sparsity: best.sparsity, lossPerWeight: 1 });
  console.log(
    `${(100 * left).toFixed(1)} % of the multiply-accumulates and ${(100 * (1 - best.sparsity.global)).toFixed(1)} % of the ` +
      `weights are left; loss ${best.loss.toFixed(4)}, unpruned ${search.unpruned.loss.toFixed(4)}`,
  );
} finally {
  await engine.close();
}
