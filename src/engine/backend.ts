/** What every backend offers: evaluators of a model over images, on one device. */
import type { ImageSet } from '../data/dataset.ts';
import type { CountingEvaluator } from '../search/contract.ts';
import type { EvaluatorOptions } from './optimizations.ts';
import type { Model } from '../network/model.ts';

export interface DeviceInfo {
  readonly kind: 'webgpu' | 'wasm' | 'reference';
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** A GPU emulated on the processor, or no GPU at all. */
  readonly software: boolean;
}

/** What people call it: the driver's description, where there is one. */
export function deviceName({
  description,
  vendor,
  architecture,
}: Omit<DeviceInfo, 'kind' | 'software'>): string {
  return description || `${vendor} ${architecture}`.trim();
}

export interface Engine {
  readonly device: DeviceInfo;
  /**
   * An evaluator of `model` over `images`: uploads both once. Throws 'bad-input' if they do not fit each other,
   * 'limit-exceeded' if they do not fit the device.
   */
  evaluator(model: Model, images: ImageSet, options?: EvaluatorOptions): Promise<CountingEvaluator>;
  /** Ends all work and frees the device; evaluators of this engine are closed with it. */
  close(): Promise<void>;
}
