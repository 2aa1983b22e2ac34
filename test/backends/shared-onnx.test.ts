/** An ONNX file of another person on real digits. See `testWithShared`. */
import { test } from 'uvu';
import { testSharedLenet } from '../helpers/shared-lenet.ts';

testSharedLenet('fyh_lenet.onnx', { mean: 0.1307, std: 0.3081 });

test.run();
