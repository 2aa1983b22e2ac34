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

testTrainedDigests('WebAssembly', threads, { images: 90, iterations: 5, off: 'each' });
testTrainedDigests('reference', [{ name: 'float64', open: () => Promise.resolve(referenceEngine()) }], {
  // Two chunks.
  images: 36,
  iterations: 3,
  off: 'all',
});

const opened = await acquireEngine();
test.after(() => opened.close());
testTrainedDigests('WebGPU', [{ name: 'one device', open: acquireEngine, opened }], {
  // Two chunks.
  images: 70,
  iterations: 5,
  off: 'each',
});

test.run();
