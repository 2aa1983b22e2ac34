/** Models of Keras in TensorFlow.js, which builds the network of a configuration itself. */
import { io, setBackend, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { ContainerFiles } from 'masksearch';
import { channelsLast, type Images, type Judge, type Verdict } from './judge.ts';
import { kerasFromH5 } from './keras-h5.ts';

async function judgeLayersModel(artifacts: io.ModelArtifacts, images: Images): Promise<Verdict> {
  if (!(await setBackend('wasm'))) throw new Error('TensorFlow.js has no WebAssembly backend here');
  const model = await loadLayersModel(io.fromMemory(artifacts));
  const sizes = model.inputs[0]!.shape.slice(1).map((size) => size!);
  const outputs = tidy(() => {
    const input = tensor(channelsLast(images), [images.count, ...sizes]);
    return (model.predict(input) as Tensor).dataSync() as Float32Array;
  });
  model.dispose();
  return { outputs: new Float32Array(outputs), ending: 'softmax' };
}

function artifactsOf({ main, beside }: ContainerFiles): io.ModelArtifacts {
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(main)) as io.ModelJSON;
  const paths = weightsManifest.flatMap((group) => group.paths);
  const bytes = Buffer.concat(paths.map((path) => beside.get(path)!));
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: Uint8Array.from(bytes).buffer,
  };
}

export const tfjs: Judge = {
  name: 'TensorFlow.js',
  judge: (files, images) => judgeLayersModel(artifactsOf(files), images),
};

export const kerasH5: Judge = {
  name: 'jsfive and TensorFlow.js',
  judge: ({ main }, images) => judgeLayersModel(kerasFromH5(main), images),
};
