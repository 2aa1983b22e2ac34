import { DEFAULT_CACHE_BYTES, type Engine } from './backend.ts';

/** Bytes for the caches of all evaluators of `engine` that are open at once. */
export const cacheBytes = ({ memory }: Pick<Engine, 'memory'>): number => memory ?? DEFAULT_CACHE_BYTES;

/** `engine` whose evaluators cache activations in at most `memory` bytes each unless told otherwise. */
export function withMemory(engine: Engine, memory: number): Engine {
  return {
    device: engine.device,
    memory,
    evaluator: (model, images, options) =>
      engine.evaluator(model, images, { ...options, memory: options?.memory ?? memory }),
    calibrator: (model, images) => engine.calibrator(model, images),
    close: () => engine.close(),
  };
}
