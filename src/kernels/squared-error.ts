import { sumOverOutputs } from './loss-spec.ts';

/** The scaled sum over the outputs of an image of their squared differences from the targets. */
export const squaredError = sumOverOutputs('squared_error');
