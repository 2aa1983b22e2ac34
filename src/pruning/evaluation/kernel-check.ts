import { takeImages, type ImageSet } from '../../data/dataset.ts';
import { deviceName, type Engine } from '../../engine/backend.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { MasksearchError } from '../../core/error.ts';
import type { Masks } from '../../core/mask.ts';
import type { Model } from '../../network/model.ts';
import type { KernelCheck } from '../../report/run/result.ts';
import { evaluateMasks } from './masks.ts';

/** Numbers of images that take a second or two: on a GPU emulated by the processor, and for the reference. */
const CHECK_IMAGES = { software: 256, hardware: 2000 } as const;

/** Opens the WebGPU kernels on a hardware adapter or, with `software`, on a software adapter if there is no other. */
export type OpenKernels = (options: { readonly software: boolean }) => Promise<Engine | undefined>;

export interface KernelCheckOptions {
  /** Gives none, or rejects with 'no-device', if there is no such adapter. */
  readonly openKernels: OpenKernels;
  /** Whether to check on a software adapter, too. */
  readonly software: boolean;
}

/** Masks of a model, and images to evaluate them on. */
interface Checked {
  readonly model: Model;
  readonly images: ImageSet;
  readonly masks: Masks;
}

/**
 * Evaluates masks on the WebGPU kernels and on the float64 reference, on the same images. Takes `engine` if it is one of WebGPU.
 * Undefined if there is no adapter of the wanted kind.
 */
export async function checkOnKernels(
  engine: Engine,
  checked: Checked,
  options: KernelCheckOptions,
): Promise<KernelCheck | undefined> {
  const { kind, software } = engine.device;
  if (kind === 'webgpu') return options.software || !software ? evaluateOnBoth(engine, checked) : undefined;
  const kernels = await options.openKernels({ software: options.software }).catch(noneIfNoDevice);
  if (!kernels) return undefined;
  try {
    return await evaluateOnBoth(kernels, checked);
  } finally {
    await kernels.close();
  }
}

async function evaluateOnBoth(kernels: Engine, { model, images, masks }: Checked): Promise<KernelCheck> {
  const { software } = kernels.device;
  const most = software ? CHECK_IMAGES.software : CHECK_IMAGES.hardware;
  const first = takeImages(images, Math.min(images.count, most));
  const { loss, accuracy } = await evaluateMasks(kernels, model, first, masks);
  const reference = await evaluateMasks(referenceEngine(), model, first, masks);
  return {
    adapter: deviceName(kernels.device),
    software,
    images: first.count,
    loss,
    accuracy,
    referenceLoss: reference.loss,
  };
}

function noneIfNoDevice(error: unknown): undefined {
  if (error instanceof MasksearchError && error.code === 'no-device') return undefined;
  throw error;
}

/** Share of the reference's loss by which the kernels' loss differs. */
export function relativeDifference({ loss, referenceLoss }: KernelCheck): number {
  return Math.abs(loss - referenceLoss) / referenceLoss;
}
