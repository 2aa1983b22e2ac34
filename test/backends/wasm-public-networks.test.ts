import { test } from 'uvu';
import { spawnNodeWorker as spawn } from '../../src/engine/wasm/node/workers.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { testPublicNetworks } from './suite/index.ts';

const open = () => wasmEngine({ threads: 2, shared: true, spawn });
testPublicNetworks({ name: 'WebAssembly', open }, ['ResNet-8', 'DS-CNN']);

test.run();
