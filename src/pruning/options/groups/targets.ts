import { TARGETS } from '../../images.ts';
import { DEFAULTS } from '../defaults.ts';
import { choice } from '../kinds.ts';

/** What a search compares outputs with. */
export const targetsOption = {
  targets: choice(TARGETS, "what losses compare with: labels, or the unpruned network's probabilities", {
    default: DEFAULTS.targets,
  }),
};
