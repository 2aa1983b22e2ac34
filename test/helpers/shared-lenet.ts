/** A LeNet of another person on real digits, in several formats: its right accuracy is known, before and after it is pruned. */
import * as assert from 'uvu/assert';
import { magnitudeGlobalOrder, masksAt, zerosAt } from '../../src/baselines/index.ts';
import { modelFromFile } from '../../src/formats/model-file.ts';
import type { ModelOptions } from '../../src/formats/model-options.ts';
import { masksFromSafetensors } from '../../src/formats/safetensors/masks.ts';
import { layersInFile } from '../../src/network/problem.ts';
import { loadData, loadModel } from '../../src/node.ts';
import { checkPrunable, prunedFiles } from '../../src/pruning/files/pruned-files.ts';
import { withEvaluation } from './evaluation.ts';
import { shared, testWithShared } from './shared.ts';

/** Computed with ONNX Runtime from the ONNX file, of 10,000 digits. */
const CORRECT = 9813;

/** @param file its name, which the pruned file's ends as */
export function testSharedLenet(file: string, options: ModelOptions): void {
  const name = 'a LeNet of max pooling has its accuracy, and its pruned file that of its masks';
  testWithShared(`models/${file}`, name, async (path) => {
    const model = await loadModel(path, options);
    const { search, test: held } = await loadData(shared('data'), { network: model.network });
    checkPrunable(model);
    await withEvaluation(async (evaluate) => {
      const halves = [await evaluate(model, search), await evaluate(model, held)];
      const correct = halves.reduce((sum, { accuracy }) => sum + Math.round(accuracy! * 5000), 0);
      assert.is(search.count + held.count, 10_000);
      assert.is(correct, CORRECT);

      const order = magnitudeGlobalOrder(model);
      const masks = masksAt(order, zerosAt(order, 0.5));
      const files = prunedFiles(model, masks);
      const own = `pruned${file.slice(file.lastIndexOf('.'))}`;
      const pruned = modelFromFile({ name: own, bytes: files[own] as Uint8Array }, options);
      const masked = await evaluate(model, held, masks);
      assert.equal(await evaluate(pruned, held), masked);
      const read = masksFromSafetensors(files['masks.safetensors'] as Uint8Array, layersInFile(pruned));
      assert.equal(await evaluate(pruned, held, read), masked);
      assert.ok(masked.accuracy! > 0.9 && masked.loss > halves[1]!.loss, JSON.stringify(masked));
    });
  });
}
