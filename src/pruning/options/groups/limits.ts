import { perLayer } from '../kinds.ts';

/** How sparse single layers may become. */
export const limitOptions = {
  maxSparsity: perLayer(
    'S|NAME=S,…',
    'tuned: largest share of a layer to prune, of all or of some layers (default: none)',
    {
      example: 0.9,
      range: [0, 1],
    },
  ),
  minKept: perLayer(
    'N|NAME=N,…',
    'tuned: fewest weights that a layer keeps, of all or of some layers (default: none)',
    {
      example: 100,
      range: [0, Number.MAX_SAFE_INTEGER],
    },
  ),
};
