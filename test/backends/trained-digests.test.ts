/**
 * Runs on the bundled residual and depthwise networks. On a software GPU and on the float64 reference they take minutes: there the same
 * is tested with smaller networks (webgpu-graphs.test.ts, reference-graphs.test.ts).
 */
import { test } from 'uvu';
import { spawnNodeWorker as spawn } from '../../src/engine/wasm/node/workers.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { testTrainedDigests } from './suite/index.ts';

const configurations = [
  { threads: 1, shared: true },
  { threads: 2, shared: true },
  { threads: 2, shared: false },
].map((options) => ({
  name: `${options.threads} threads, ${options.shared ? 'shared' : 'copied'} memory`,
  open: () => wasmEngine({ ...options, spawn }),
}));

testTrainedDigests('WebAssembly', configurations, { images: 90, iterations: 5 });

test.run();
