/** ONNX files as exporters write them give the same scores and losses here as in onnxruntime. */
import { referenceEngine } from 'masksearch';
import { openEngine } from 'masksearch/node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ONNX_FILES } from '../../../test/helpers/onnx/index.ts';
import { compareOnnxFile, LIMITS } from '../src/onnx-files/compare.ts';

/** Those that take the float64 reference seconds for an image. `npm run onnx` compares all of them, with more images. */
const LARGE = /ResNet|MobileNet|DS-CNN|SqueezeNet/;

for (const [device, open] of [
  ['reference', () => Promise.resolve(referenceEngine())],
  ['wasm', () => openEngine({ device: 'wasm' })],
] as const) {
  const files = ONNX_FILES.filter(({ name }) => device === 'wasm' || !LARGE.test(name));
  test(`${files.length} files on ${device}`, async () => {
    const engine = await open();
    try {
      for (const file of files) {
        const { scores, losses, largest } = await compareOnnxFile(file, engine, { images: 20, masks: 2 });
        assert.ok(scores <= LIMITS.scores, `${file.name}: scores differ by ${scores}`);
        assert.ok(losses <= LIMITS.losses, `${file.name}: losses differ by ${losses}`);
        assert.ok(largest > 0.01, `${file.name}: all scores are ${largest}`);
      }
    } finally {
      await engine.close();
    }
  });
}

test.run();
