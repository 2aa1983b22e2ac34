/** Masks that anyone can make without a search. */
export { baselineOrder, BASELINES, type Baseline, type BaselineOptions } from './baseline.ts';
export { IMPORTANCES, weightImportance, type ImportanceName } from './importance.ts';
export { magnitudeGlobalOrder, magnitudeUniformOrder } from './magnitude.ts';
export { masksAt, zerosAt, type PruningOrder } from './order.ts';
export { randomOrder } from './random.ts';
export { wandaOrder } from './wanda.ts';
