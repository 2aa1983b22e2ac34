/** Runs an ONNX file in onnxruntime as it is. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerFiles } from 'masksearch';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { placesInFile, type OnnxFile } from '../../../../test/helpers/onnx/file.ts';

/** [image][output], f32, as the file gives them. `pixels` is [image, channel, row, column]. */
export async function runOnnxFile(
  file: OnnxFile,
  { main, beside }: ContainerFiles,
  pixels: Float32Array,
): Promise<Float32Array> {
  // Weights in files of their own are found beside the model.
  const folder = await mkdtemp(join(tmpdir(), 'masksearch-onnx-'));
  try {
    const path = join(folder, 'model.onnx');
    await writeFile(path, main);
    for (const [name, bytes] of beside) await writeFile(join(folder, name), bytes);
    const session = await InferenceSession.create(path, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'basic',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    });
    const outputs = await runInBatches(session, file, pixels);
    await session.release();
    return outputs;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runInBatches(
  session: InferenceSession,
  file: OnnxFile,
  pixels: Float32Array,
): Promise<Float32Array> {
  const places = placesInFile(file);
  const images = pixels.length / places.length;
  const batch = file.batch ?? images;
  const parts: number[] = [];
  for (let first = 0; first < images; first += batch) {
    // A file that fixes its batch gets images of zeros after the last.
    const input = new Float32Array(batch * places.length);
    const count = Math.min(batch, images - first);
    for (let image = 0; image < count; image++)
      places.forEach((place, i) => {
        input[image * places.length + i] = pixels[(first + image) * places.length + place]!;
      });
    const tensor = new Tensor('float32', input, [batch, ...file.sizes]);
    const results = await session.run({ [session.inputNames[0]!]: tensor });
    const data = results[session.outputNames[0]!]!.data as Float32Array;
    for (let i = 0; i < (count * data.length) / batch; i++) parts.push(data[i]!);
  }
  return Float32Array.from(parts);
}
