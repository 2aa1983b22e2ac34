import { test } from 'uvu';
import { acquireEngine } from '../helpers/gpu.ts';
import { testPublicNetworks } from './suite/index.ts';

const opened = await acquireEngine();
test.after(() => opened.close());

testPublicNetworks({ name: 'WebGPU', open: acquireEngine, opened }, ['DS-CNN']);

test.run();
