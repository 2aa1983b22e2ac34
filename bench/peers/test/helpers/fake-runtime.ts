/** A network of one number per image, cheap enough for thousands of candidates, that says what it was asked to do. */
import { countKept, type Masks, type PrunableLayer, type Problem } from 'masksearch';
import type { Digits } from '../../src/digits.ts';
import type { Runtime } from '../../src/runtime.ts';

const WEIGHTS = 40;
const STAGES = 4;

export const fakeProblem: Problem = {
  layers: Array.from({ length: STAGES }, (_, position): PrunableLayer => ({
    name: `layer${position}`,
    shape: [WEIGHTS],
    position,
  })),
  depth: STAGES,
};

/** Images of one pixel, whose value is all that tells them apart. */
export function fakeDigits(count: number): Digits {
  return {
    count,
    size: 1,
    pixels: Float32Array.from({ length: count }, (_, image) => Math.fround(Math.sin(37 * image))),
    labels: Uint8Array.from({ length: count }, (_, image) => (image % 3 === 0 ? 0 : 1)),
  };
}

export interface FakeActivations {
  readonly depth: number;
  /** [image]. */
  readonly values: Float64Array;
  readonly pixels: Float32Array;
}

/** What a forward pass over a batch was. */
export interface Forward {
  readonly depth: number;
  readonly pixels: Float32Array;
}

export class FakeRuntime implements Runtime<FakeActivations> {
  readonly threads = 1;
  /** Batches run to the end, in order. */
  readonly forwards: Forward[] = [];
  /** Batches run to a depth. */
  prefixes = 0;
  /** Activations not freed. */
  alive = 0;
  closed = false;
  #masks: Masks = [];

  upload(pixels: Float32Array): FakeActivations {
    this.alive++;
    return { depth: 0, values: Float64Array.from(pixels), pixels };
  }

  setMasks(masks: Masks): void {
    this.#masks = masks;
  }

  runPrefix(depth: number, images: FakeActivations): Promise<FakeActivations> {
    if (depth < 1 || depth >= STAGES) throw new Error(`nothing enters a layer ${depth}`);
    this.alive++;
    this.prefixes++;
    return Promise.resolve({ ...images, depth, values: this.#run(0, depth, images.values) });
  }

  /** The loss is about the size of the last layer's value, on one side of 0 for either label. */
  logProbabilities(depth: number, activations: FakeActivations): Promise<Float32Array> {
    if (activations.depth !== depth) throw new Error(`activations of depth ${activations.depth} at ${depth}`);
    // A copy: a batch lends its memory to the next.
    this.forwards.push({ depth, pixels: activations.pixels.slice() });
    const values = this.#run(depth, STAGES, activations.values);
    const result = new Float32Array(2 * values.length);
    values.forEach((value, i) => {
      result[2 * i] = -Math.log1p(Math.exp(-value));
      result[2 * i + 1] = -Math.log1p(Math.exp(value));
    });
    return Promise.resolve(result);
  }

  free(): void {
    this.alive--;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** No two layers may be swapped, and every mask matters. */
  #run(from: number, to: number, values: Float64Array): Float64Array {
    return values.map((value) => {
      for (let s = from; s < to; s++) value = 3 * Math.sin(value + (s + 1) * countKept(this.#masks[s]!));
      return value;
    });
  }
}
