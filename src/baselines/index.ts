/** Masks that anyone can make without a search. */
export { baselineOrder, BASELINES, type Baseline, type BaselineOptions } from './baseline.ts';
export { IMPORTANCES, weightImportance, type ImportanceName } from './importance.ts';
export { magnitudeGlobalOrder, magnitudeUniformOrder } from './magnitude.ts';
export { masksAt, zerosAt, type PruningOrder } from './order.ts';
export { randomOrder } from './random.ts';
export { wandaOrder } from './wanda.ts';
export { type Calibration } from './repaired/calibration.ts';
export { CRITERIA, type Criterion } from './repaired/criterion.ts';
export {
  DEFAULT_PER_ROUND,
  rankedBaseline,
  REPAIR_SCHEDULES,
  repairedBaseline,
  roundEnds,
  type RankedBaseline,
  type RepairedAt,
  type RepairedBaselineOptions,
  type RepairSchedule,
} from './repaired/repaired-baseline.ts';
export { unrankedLayers } from './repaired/surgeon-ranking.ts';
export { RANDOM_SEARCHES, randomSearch, type RandomSearch } from './random-search.ts';
