/// <reference types="@webgpu/types" preserve="true" />
/** Everything that runs anywhere WebGPU or plain JavaScript does. `masksearch/node` and `masksearch/browser` add the platform. */
export * from './search/index.ts';
export {
  baselineOrder,
  BASELINES,
  IMPORTANCES,
  masksAt,
  weightImportance,
  zerosAt,
  type Baseline,
  type BaselineOptions,
  type ImportanceName,
  type PruningOrder,
} from './baselines/index.ts';
export { deadOutputs, type DeadOutputs } from './network/dead-outputs.ts';
export { ALL_OPTIMIZATIONS, type Optimizations } from './engine/optimizations.ts';
export { deviceName, type DeviceInfo, type Engine, type EvaluatorOptions } from './engine/backend.ts';
export { lenet5, type Layer, type Network } from './network/network.ts';
export { problemOf } from './network/problem.ts';
export type { LayerParameters, Model, Normalization } from './network/model.ts';
export { applyMasks } from './network/apply-masks.ts';
export {
  frontFromSafetensors,
  frontToSafetensors,
  masksFromSafetensors,
  masksToSafetensors,
} from './formats/safetensors/masks.ts';
export { modelFromSafetensors, modelToSafetensors, type ModelOptions } from './formats/safetensors/model.ts';
export { classify } from './engine/reference/classify.ts';
export { referenceEngine } from './engine/reference/reference.ts';
export { openWebGpuEngine } from './engine/webgpu/webgpu.ts';
export type { Activation } from './kernels/activation.ts';
export { holdBack, takeImages, type HeldBack, type ImageSet } from './data/dataset.ts';
export { decodeIdxImages, decodeIdxLabels, labelledImages } from './formats/idx.ts';
export { decodeMnist } from './formats/mnist.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type Tensor,
} from './formats/safetensors/tensors.ts';
export { DEFAULT_SPLIT_SEED, splitMnist, splitTraining, type Splits } from './data/splits.ts';
export type { SplitName } from './pruning/images.ts';
export { BUNDLED_NAME } from './pruning/prune-result.ts';
export { pruneModel, type Pruned, type PruneModelOptions } from './pruning/prune-model.ts';
export { RUN_FILES, type RunFiles } from './pruning/run-files.ts';
export { imagesOption, parseRunOptions, runOptions, splitOption } from './pruning/options/run.ts';
export type { SearchTask } from './pruning/run-search.ts';
export { isTuned, type SearchSpec } from './pruning/options/search.ts';
export { evaluatedImages, searchTask, unseenImages, type RunValues } from './pruning/search-task.ts';
export { VERSION } from './core/version.ts';
export type { PruneResult } from './report/run/result.ts';
export { train, type TrainOptions } from './train/train.ts';
