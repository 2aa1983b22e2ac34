import { test } from 'uvu';
import { spawnNodeWorker as spawn } from '../../src/engine/wasm/node/workers.ts';
import { wasmEngine } from '../../src/engine/wasm/wasm.ts';
import { testPublicNetworks } from './suite/index.ts';

testPublicNetworks({ name: 'WebAssembly', open: () => wasmEngine({ threads: 2, shared: true, spawn }) });

test.run();
