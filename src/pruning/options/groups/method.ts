import { DEFAULTS } from '../defaults.ts';
import { choice, list, text } from '../kinds.ts';

const { method, preset, tuned } = DEFAULTS;

/** Which search, and over what: options of every search. */
export const methodOptions = {
  method: choice(['sa', 'ga'], 'sa: simulated annealing; ga: genetic algorithm', { default: method }),
  preset: choice(
    ['tuned', 'paper'],
    "tuned: the sparsest within a goal; paper: the article's " +
      `(default ${preset.sa} for sa, ${preset.ga} for ga)`,
  ),
  seed: text('SEED', 'any text; the same seed on the same device gives the same result', {
    default: tuned.seed,
  }),
  layers: list('NAMES', 'layers to prune, separated by commas (default: all)'),
  keepLayers: list('NAMES', 'instead of layers, those that are left as they are (default: none)'),
};
