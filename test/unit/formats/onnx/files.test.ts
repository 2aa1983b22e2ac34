/** Files as exporters write them: what is read gives the scores of the same network, and masks are written into the file. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFromOnnx } from '../../../../src/formats/onnx/model.ts';
import { ONNX_FILES } from '../../../helpers/onnx/index.ts';

for (const file of ONNX_FILES) {
  test(`reads ${file.name}`, () => {
    const { network, task = 'classes' } = modelFromOnnx(file.bytes(), {}, file.beside?.());
    assert.equal(network.input, file.input);
    assert.is(task, file.task ?? 'classes');
  });
}

test('names of the files differ', () => {
  assert.is(new Set(ONNX_FILES.map(({ name }) => name)).size, ONNX_FILES.length);
});

test.run();
