/** All backends on soft targets, and on networks that answer yes or no, or give numbers. */
import { test } from 'uvu';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { spawnNodeWorker } from '../../src/engine/wasm/node/workers.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { sample } from '../helpers/sample.ts';
import { testTasks } from './suite/tasks.ts';

// Several chunks on every backend, the last of them not full.
const images = 91;

testTasks({ name: 'reference', open: () => Promise.resolve(referenceEngine()) }, { images, first: 0 });

for (const shared of sample([true, false], 2)) {
  const open = () => wasmEngine({ threads: 2, shared, spawn: spawnNodeWorker });
  testTasks({ name: `WebAssembly, ${shared ? 'shared' : 'copied'} memory`, open }, { images, first: 1 });
}

const opened = await acquireEngine();
test.after(() => opened.close());
testTasks({ name: 'WebGPU', open: acquireEngine, opened }, { images, first: 2 });

test.run();
