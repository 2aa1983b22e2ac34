/** The parameters of all layers on the device: the model's, or in their place those of the candidates that run. */
import type { FusedLayer } from '../../network/fused-layer.ts';
import { foldedBias, foldedWeight, type ChangedParameters } from '../../network/layer-parameters.ts';
import type { Model } from '../../network/model.ts';
import type { BufferSet } from './device/buffer-set.ts';
import type { GpuContext } from './device/context.ts';

/** One tensor on the device. */
interface Placed {
  readonly buffer: GPUBuffer;
  /** What is in it; undefined: the model's values. */
  values: Float32Array | undefined;
}

/** Stands for contents that are unknown. */
const UNKNOWN = new Float32Array();

export class DeviceParameters {
  readonly #context: GpuContext;
  readonly #layers: readonly FusedLayer[];
  readonly #tensors: Model['tensors'];
  /** Undefined for a layer without parameters. */
  readonly #placed: readonly ({ readonly weight: Placed; readonly bias: Placed } | undefined)[];
  /** Bytes written by `place` so far. */
  writtenBytes = 0;

  /** Uploads the model's parameters. A tensor that several layers use as it is is uploaded once. */
  constructor(context: GpuContext, buffers: BufferSet, model: Model, layers: readonly FusedLayer[]) {
    this.#context = context;
    this.#layers = layers;
    this.#tensors = model.tensors;
    const shared = new Map<string, Placed>();
    const upload = (label: string, values: Float32Array, tensor: string | undefined) => {
      const known = tensor === undefined ? undefined : shared.get(tensor);
      const placed = known ?? { buffer: buffers.upload(label, values), values: undefined };
      if (tensor !== undefined) shared.set(tensor, placed);
      return placed;
    };
    this.#placed = layers.map((layer) => {
      const { name, weights, source } = layer;
      if (weights === 0) return undefined;
      const own = source.affine.length === 0 ? source : undefined;
      return {
        weight: upload(`${name} weight`, foldedWeight(layer, model.tensors), own?.weight),
        bias: upload(`${name} bias`, foldedBias(layer, model.tensors), own?.bias),
      };
    });
  }

  /** Buffers of a layer, by the names of its kernel's bindings; empty for a layer without parameters. */
  buffersOf(s: number): Readonly<Partial<Record<'weight' | 'bias' | 'scale' | 'shift', GPUBuffer>>> {
    const placed = this.#placed[s];
    if (!placed) return {};
    const [weight, bias] = [placed.weight.buffer, placed.bias.buffer];
    return this.#layers[s]!.kind === 'affine' ? { scale: weight, shift: bias } : { weight, bias };
  }

  /** Writes what layer `s` needs and is not on the device. */
  place(s: number, changed: ChangedParameters | undefined): void {
    const placed = this.#placed[s];
    if (!placed) return;
    const layer = this.#layers[s]!;
    this.#write(placed.weight, changed?.weight, () => foldedWeight(layer, this.#tensors));
    this.#write(placed.bias, changed?.bias, () => foldedBias(layer, this.#tensors));
  }

  /** After a failed batch: what it wrote is unknown. */
  release(): void {
    if (this.writtenBytes === 0) return;
    for (const placed of this.#placed) if (placed) placed.weight.values = placed.bias.values = UNKNOWN;
  }

  #write(placed: Placed, values: Float32Array | undefined, model: () => Float32Array): void {
    if (placed.values === values) return;
    placed.values = values;
    const data = values ?? model();
    this.#context.device.queue.writeBuffer(placed.buffer, 0, data as GPUAllowSharedBufferSource);
    this.writtenBytes += data.byteLength;
  }
}
