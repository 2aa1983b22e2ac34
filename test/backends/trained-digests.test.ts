/** Runs on the bundled residual and depthwise networks, on every backend. */
import { test } from 'uvu';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { spawnNodeWorker as spawn } from '../../src/engine/wasm/node/workers.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { testTrainedDigests } from './suite/index.ts';

const threads = [
  { threads: 1, shared: true },
  { threads: 2, shared: true },
  { threads: 2, shared: false },
].map((options) => ({
  name: `${options.threads} threads, ${options.shared ? 'shared' : 'copied'} memory`,
  open: () => wasmEngine({ ...options, spawn }),
}));

testTrainedDigests('WebAssembly', threads, { images: 90, iterations: 3 });
// Two chunks, as on WebGPU.
testTrainedDigests('reference', [{ name: 'float64', open: () => Promise.resolve(referenceEngine()) }], {
  images: 40,
  iterations: 3,
});

const opened = await acquireEngine();
test.after(() => opened.close());
testTrainedDigests('WebGPU', [{ name: 'one device', open: acquireEngine, opened }], {
  images: 70,
  iterations: 3,
});

test.run();
