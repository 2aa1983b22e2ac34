/** ONNX files in ONNX Runtime, as they are. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Judge } from './judge.ts';

export const onnxRuntime: Judge = {
  name: 'ONNX Runtime',
  async judge({ main }, { count, shape, pixels }) {
    const session = await InferenceSession.create(main, { executionProviders: ['cpu'], logSeverityLevel: 3 });
    try {
      const size = pixels.length / count;
      const parts: Float32Array[] = [];
      // The batch of a file may be fixed at one image.
      for (let image = 0; image < count; image++) {
        const input = new Tensor('float32', pixels.slice(image * size, (image + 1) * size), [1, ...shape]);
        const results = await session.run({ [session.inputNames[0]!]: input });
        parts.push(results[session.outputNames[0]!]!.data as Float32Array);
      }
      return { outputs: Float32Array.from(parts.flatMap((part) => [...part])), ending: 'softmax' };
    } finally {
      await session.release();
    }
  },
};
