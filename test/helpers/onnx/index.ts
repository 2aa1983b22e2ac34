/** Files as exporters write them, with random weights. */
import type { OnnxFile } from './file.ts';
import { ACTIVATION_FILES, INPUT_FILES } from './networks/activations.ts';
import { EDGE_FILES } from './networks/edges.ts';
import { PYTORCH_FILES } from './networks/pytorch.ts';
import { TENSORFLOW_FILES } from './networks/tensorflow.ts';
import { WEIGHT_FILES } from './networks/weights.ts';

export const ONNX_FILES: readonly OnnxFile[] = [
  ...TENSORFLOW_FILES,
  ...PYTORCH_FILES,
  ...ACTIVATION_FILES,
  ...INPUT_FILES,
  ...EDGE_FILES,
  ...WEIGHT_FILES,
];
