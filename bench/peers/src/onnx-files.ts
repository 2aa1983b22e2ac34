/** Compares every ONNX file of the tests with onnxruntime; exit code 1 if scores or losses differ by more than rounding. */
import { parseArgs } from 'node:util';
import { openEngine, type DeviceName } from 'masksearch/node';
import { ONNX_FILES } from '../../../test/helpers/onnx/index.ts';
import { compareOnnxFile, LIMITS } from './onnx-files/compare.ts';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'wasm' },
    only: { type: 'string', default: '' },
    images: { type: 'string', default: '500' },
    masks: { type: 'string', default: '10' },
  },
});
const engine = await openEngine({ device: values.device as DeviceName });
console.log(`device ${engine.device.kind}\n\nnetwork | images | masks | scores | losses | largest score | s`);
let failed = 0;
for (const file of ONNX_FILES.filter(({ name }) => new RegExp(values.only).test(name))) {
  const start = performance.now();
  try {
    const amount = { images: Number(values.images), masks: Number(values.masks) };
    const { images, masks, scores, losses, largest } = await compareOnnxFile(file, engine, amount);
    const isWrong = !(scores <= LIMITS.scores && losses <= LIMITS.losses);
    if (isWrong) failed++;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const figures = [images, masks, scores.toExponential(1), losses.toExponential(1), largest.toPrecision(3)];
    console.log([file.name, ...figures, seconds].join(' | ') + (isWrong ? ' | DIFFERS' : ''));
  } catch (error) {
    failed++;
    console.log(`${file.name} | ${error instanceof Error ? error.message : String(error)}`);
  }
}
await engine.close();
console.log(`\n${failed} of ${ONNX_FILES.length} files differ`);
process.exitCode = failed > 0 ? 1 : 0;
