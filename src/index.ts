/// <reference types="@webgpu/types" preserve="true" />
/** Everything that runs anywhere WebGPU or plain JavaScript does. `masksearch/node` and `masksearch/browser` add the platform. */
export * from './search/index.ts';
export { optionName, phrase, spell, type OptionName, type Phrase, type Speller } from './core/phrase.ts';
export {
  baselineOrder,
  BASELINES,
  CRITERIA,
  DEFAULT_PER_ROUND,
  IMPORTANCES,
  masksAt,
  RANDOM_SEARCHES,
  randomSearch,
  REPAIR_SCHEDULES,
  repairedBaseline,
  roundEnds,
  weightImportance,
  zerosAt,
  type Baseline,
  type BaselineOptions,
  type Calibration,
  type Criterion,
  type ImportanceName,
  type PruningOrder,
  type RandomSearch,
  type RepairedBaselineOptions,
  type RepairSchedule,
} from './baselines/index.ts';
export { layerTensorsOf } from './repair/layer-tensors.ts';
export { errorPrices, outputVariances } from './repair/prices.ts';
export { RIDGES } from './repair/ridge.ts';
export { DEFAULT_RIDGE, repaired, REPAIRS, type Repair, type RepairOptions } from './repair/repair.ts';
export { pruneRound, type RepairedNetwork, type RoundOptions } from './repair/round.ts';
export { DEFAULT_SPARSITIES, sensitivityOf, type SensitivityOptions } from './sensitivity/sensitivity.ts';
export type { LayerSensitivity, Sensitivity, SensitivityPoint } from './report/sensitivity/result.ts';
export { deadOutputs } from './network/dead-outputs.ts';
export type { DeadOutputs } from './core/dead-outputs.ts';
export { ALL_OPTIMIZATIONS, type Optimizations } from './engine/optimizations.ts';
export {
  deviceName,
  MAX_MOMENT_INPUTS,
  type Calibrator,
  type DeviceInfo,
  type Engine,
  type EvaluatorOptions,
  type Moments,
} from './engine/backend.ts';
export { inspect, type InspectedNode, type Inspection } from './network/inspect.ts';
export { lenet5 } from './network/lenet5.ts';
export type { Network, Node, Shape } from './network/network.ts';
export * as layers from './network/builder.ts';
export { problemOf, prunableWeights } from './network/problem.ts';
export type { Container, ContainerFiles, TensorLayout } from './network/container.ts';
export type { Model, Normalization, Tensors } from './network/model.ts';
export { taskOf, type Task } from './network/task.ts';
export { applyMasks } from './network/apply-masks.ts';
export {
  frontFromSafetensors,
  frontToSafetensors,
  masksFromSafetensors,
  masksToSafetensors,
} from './formats/safetensors/masks.ts';
export {
  repairFromSafetensors,
  repairMetadata,
  type RepairRecord,
} from './formats/safetensors/repair-record.ts';
export { filesBeside, modelFromFile, type NamedFile } from './formats/model-file.ts';
export type { ModelOptions } from './formats/model-options.ts';
export { modelToOnnx } from './formats/onnx/export/export.ts';
export { externalLocations, modelFromOnnx } from './formats/onnx/model.ts';
export { modelFromTflite } from './formats/tflite/model.ts';
export type { ExternalFiles } from './formats/onnx/tensor-numbers.ts';
export { decodeArchitecture, encodeArchitecture } from './formats/architecture.ts';
export { draftArchitecture, type ArchitectureDraft } from './formats/draft-architecture.ts';
export { modelFromTorch } from './formats/torch/model.ts';
export { modelFromSafetensors, modelToSafetensors } from './formats/safetensors/model.ts';
export { classify } from './engine/reference/classify.ts';
export { withTeacherTargets } from './engine/teacher.ts';
export { referenceEngine } from './engine/reference/reference.ts';
export { openWebGpuEngine } from './engine/webgpu/webgpu.ts';
export type { Activation } from './kernels/activation.ts';
export { holdBack, takeImages, type HeldBack, type ImageSet } from './data/dataset.ts';
export { datasetDigest } from './data/digest.ts';
export { isText, type DecodedArray, type NumberArray, type TextArray } from './formats/arrays/array.ts';
export { decodeIdx } from './formats/arrays/idx.ts';
export { decodeNpy } from './formats/arrays/npy.ts';
export { readDataset, type LoadedData, type NamedBytes, type ReadOptions } from './formats/datasets/read.ts';
export { digitsFor } from './formats/datasets/digits.ts';
export { decodeMnist } from './formats/mnist.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type Tensor,
} from './formats/safetensors/tensors.ts';
export { DEFAULT_SPLIT_SEED, splitInHalf, splitMnist, splitTraining, type Splits } from './data/splits.ts';
export type { SplitName } from './pruning/images.ts';
export { BUNDLED_NAME } from './pruning/files/prune-result.ts';
export { checkPrunable } from './pruning/files/pruned-files.ts';
export { RUN_FILES, withWeightFiles, type RunFiles } from './pruning/files/run-files.ts';
export { readResult } from './pruning/files/read-result.ts';
export { checkTaskOptions } from './pruning/options/effect.ts';
export { parseReadingOptions } from './pruning/options/groups/reading.ts';
export { parseRunOptions, runOptions, type RunValues } from './pruning/options/run.ts';
export { affordableTask, type AffordableTask } from './pruning/budget.ts';
export { pruneModel, type Pruned, type PruneModelOptions } from './pruning/prune-model.ts';
export type { SearchView } from './pruning/repaired/contract.ts';
export { ALL_RUN_OPTIMIZATIONS, type RunOptimizations } from './pruning/search/optimizations.ts';
export type { SearchTask } from './pruning/search/contract.ts';
export type { SearchSpec } from './pruning/search/spec.ts';
export { searchTask, tuningImages, unseenImages } from './pruning/task.ts';
export { compareSearches } from './compare/compare-searches.ts';
export { COMPARE_FILES, compareFiles, type CompareFiles } from './compare/files.ts';
export type { CompareOptions, ComparisonProgress, ComparisonSearch } from './compare/progress.ts';
export {
  checkTask,
  type ComparisonTask,
  type PaperTask,
  type SubjectSplit,
  type TunedTask,
} from './compare/task.ts';
export { VERSION } from './core/version.ts';
export type { Comparison, PaperComparison, TunedComparison } from './report/comparison/comparison.ts';
export type { PruneResult, ResultBudget } from './report/run/result.ts';
export { train, type TrainOptions } from './train/train.ts';
