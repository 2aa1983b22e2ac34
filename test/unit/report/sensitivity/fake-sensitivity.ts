/** Sensitivities whose figures tell where they come from. */
import type { LayerSensitivity, SensitivityResult } from '../../../../src/report/sensitivity/result.ts';

const SPARSITIES = [0.5, 0.9, 0.995];

/** Losses of layer `i` at sparsity `s`: frozen 1.i + s, repaired less the more sensitive the layer. */
function layer(name: string, i: number, repaired: boolean): LayerSensitivity {
  return {
    ...{ name, shape: [10, 100 * (i + 1)], weights: 1000 * (i + 1) },
    points: SPARSITIES.map((sparsity, s) => ({
      ...{ sparsity, zeros: Math.round(sparsity * 1000 * (i + 1)) },
      frozen: { loss: 1 + i / 10 + s, accuracy: 0.9 - i / 100 - s / 10 },
      repaired: repaired ? { loss: 0.5 - i / 10 + s / 100, accuracy: 0.95 - s / 1000 } : undefined,
    })),
  };
}

export const fakeSensitivity: SensitivityResult = {
  version: '0.1.0',
  model: 'mine.onnx',
  task: 'classes',
  split: 'search',
  images: 1600,
  calibration: 6000,
  unpruned: { loss: 0.25, accuracy: 0.975 },
  layers: [layer('conv1', 0, true), layer('conv2', 1, true), layer('large', 2, false)],
  device: { kind: 'wasm', vendor: '', architecture: '', description: 'WebAssembly SIMD' },
  seconds: 12.3,
};

/** Where nothing was repaired. */
export const frozenSensitivity: SensitivityResult = {
  ...fakeSensitivity,
  calibration: undefined,
  layers: fakeSensitivity.layers.map((own) => ({
    ...own,
    points: own.points.map((point) => ({ ...point, repaired: undefined })),
  })),
};
