/** Hostile files made by hand: bombs, cycles, paths, programs, and numbers that are too large. */
import { ARCHIVE_ATTACKS } from './archives.ts';
import type { Attack } from './attack.ts';
import { DATA_ATTACKS } from './data.ts';
import { HDF5_CHUNK_ATTACKS } from './hdf5-chunks.ts';
import { HDF5_ATTACKS } from './hdf5.ts';
import { JSON_ATTACKS } from './json.ts';
import { ONNX_ATTACKS } from './onnx.ts';
import { TFLITE_ATTACKS } from './tflite.ts';
import { TORCH_ATTACKS } from './torch.ts';

export type { Attack } from './attack.ts';

export const ATTACKS: readonly Attack[] = [
  ...[...JSON_ATTACKS, ...ONNX_ATTACKS, ...HDF5_ATTACKS, ...HDF5_CHUNK_ATTACKS, ...TFLITE_ATTACKS],
  ...[...TORCH_ATTACKS, ...ARCHIVE_ATTACKS, ...DATA_ATTACKS],
];
