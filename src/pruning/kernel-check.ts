import { takeImages, type ImageSet } from '../data/dataset.ts';
import { deviceName, type Engine } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import type { KernelCheck } from '../report/run/result.ts';
import { MasksearchError } from '../core/error.ts';
import type { Masks } from '../core/mask.ts';
import { evaluateMasks } from './evaluate-masks.ts';

/** Images that a GPU emulated on the processor, or the reference, gets through in a second or two. */
const CHECK_IMAGES = { software: 256, hardware: 2000 } as const;

/**
 * Evaluates masks on the WebGPU kernels and on the float64 reference, on the same images; undefined where there is
 * no WebGPU adapter at all: `openKernels` gives none or rejects with 'no-device'. Takes `engine` if it is one.
 */
export async function checkOnKernels(
  engine: Engine,
  model: Model,
  images: ImageSet,
  masks: Masks,
  openKernels: () => Promise<Engine | undefined>,
): Promise<KernelCheck | undefined> {
  const kernels = engine.device.kind === 'webgpu' ? engine : await openKernels().catch(noneIfNoDevice);
  if (!kernels) return undefined;
  try {
    const { software } = kernels.device;
    const largest = software ? CHECK_IMAGES.software : CHECK_IMAGES.hardware;
    const checked = takeImages(images, Math.min(images.count, largest));
    const { loss, accuracy } = await evaluateMasks(kernels, model, checked, masks);
    const reference = await evaluateMasks(referenceEngine(), model, checked, masks);
    return {
      adapter: deviceName(kernels.device),
      software,
      images: checked.count,
      loss,
      accuracy,
      referenceLoss: reference.loss,
    };
  } finally {
    if (kernels !== engine) await kernels.close();
  }
}

function noneIfNoDevice(error: unknown): undefined {
  if (error instanceof MasksearchError && error.code === 'no-device') return undefined;
  throw error;
}
