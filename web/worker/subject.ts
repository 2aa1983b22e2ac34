/** The network to prune, and the outputs of the unpruned and the pruned network for single images. */
import {
  BUNDLED_NAME,
  classify,
  deviceName,
  fullMasks,
  MasksearchError,
  modelFromSafetensors,
  openEngine,
  phrase,
  problemOf,
  prunableWeights,
  type ImageSet,
  type Masks,
  type Model,
} from 'masksearch/browser';
import type { Digits, GpuFound, ModelFile, ModelView, Probabilities } from '../src/protocol.ts';

const SIDE = 28;
const CLASSES = 10;

export class Subject {
  readonly name: string;
  readonly model: Model;
  /** The current masks of the search. */
  masks: Masks;
  #digits: ImageSet | undefined;

  private constructor(name: string, model: Model) {
    this.name = name;
    this.model = model;
    this.masks = fullMasks(problemOf(model.network).layers);
  }

  static bundled(model: Model): Subject {
    return new Subject(BUNDLED_NAME, model);
  }

  /** Throws 'bad-input' for anything but a network for classes in a safetensors file. */
  static fromFile({ name, bytes }: ModelFile): Subject {
    try {
      const model = modelFromSafetensors(bytes);
      if (model.task !== undefined && model.task !== 'classes') throw otherTask(model.task);
      return new Subject(name, model);
    } catch (error) {
      if (!(error instanceof MasksearchError)) throw error;
      const { code, phrases } = error;
      throw new MasksearchError(code, phrase`the file ${name} is no model: ${phrases.message}`, phrases.fix, {
        cause: error,
      });
    }
  }

  /** The first of each class. */
  digitsOf(images: ImageSet): Digits {
    const size = SIDE * SIDE;
    const pixels = new Uint8Array(CLASSES * size);
    const labels = Uint8Array.from({ length: CLASSES }, (_, digit) => digit);
    for (const digit of labels) {
      const image = images.labels!.indexOf(digit);
      pixels.set(images.pixels.subarray(image * size, (image + 1) * size), digit * size);
    }
    this.#digits = { count: CLASSES, height: SIDE, width: SIDE, pixels, labels };
    return { pixels, labels, unpruned: classify(this.model, this.#digits) };
  }

  /** The outputs of the pruned network for those digits. */
  predictions(): readonly Probabilities[] {
    return this.#digits ? classify(this.model, this.#digits, this.masks) : [];
  }

  classify(pixels: Uint8Array): { readonly unpruned: Probabilities; readonly pruned: Probabilities } {
    const image = { count: 1, height: SIDE, width: SIDE, pixels, labels: new Uint8Array(1) };
    const [unpruned] = classify(this.model, image);
    const [pruned] = classify(this.model, image, this.masks);
    return { unpruned: unpruned!, pruned: pruned! };
  }
}

export function modelView({ name, model }: Subject): ModelView {
  const layers = problemOf(model.network).layers;
  const weights = prunableWeights(model);
  return {
    name,
    layers: layers.map(({ name: layer, shape }, i) => ({
      name: layer,
      shape,
      weights: weights[i]!,
    })),
  };
}

/** The WebGPU adapter of this browser; 'none' if it cannot be opened. */
export async function findGpu(): Promise<{ readonly kind: GpuFound; readonly name: string }> {
  // A search on it reports the error.
  const engine = await openEngine({ device: 'webgpu' }).catch(() => undefined);
  if (!engine) return { kind: 'none', name: '' };
  const { device } = engine;
  await engine.close();
  return { kind: device.software ? 'software' : 'hardware', name: deviceName(device) };
}

const otherTask = (task: string) =>
  new MasksearchError(
    'bad-input',
    phrase`its task is ${task}, this page has only labelled digits, for a task classes`,
    'prune it on the command line',
  );
