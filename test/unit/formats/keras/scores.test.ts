/** Networks in files of Keras against the same networks run channels last, in plain loops and float64, from what is in the file. */
import { test } from 'uvu';
import { modelFromFile } from '../../../../src/formats/model-file.ts';
import { h5Of, kerasOf, tfjsOf } from '../../../helpers/keras/files.ts';
import { KERAS_NETWORKS } from '../../../helpers/keras/networks.ts';
import { assertScores } from '../../../helpers/keras/scores.ts';

for (const { name, network, strip } of KERAS_NETWORKS) {
  test(name, () => {
    const tfjs = tfjsOf(network, { shardBytes: 100 });
    const read = {
      'Keras 2 h5': modelFromFile({ name: 'a.h5', bytes: h5Of(network) }),
      'Keras 3 h5': modelFromFile({ name: 'a', bytes: h5Of(network, { version: 3, latest: true }) }),
      keras: modelFromFile({ name: 'a', bytes: kerasOf(network) }),
      'keras, compressed': modelFromFile({ name: 'a', bytes: kerasOf(network, 6) }),
      tfjs: modelFromFile({ name: 'model.json', bytes: tfjs.main }, {}, tfjs.beside),
    };
    for (const [format, model] of Object.entries(read)) {
      // Keras 3 computes it differently.
      const isChanged = /hard_sigmoid/.test(JSON.stringify(network)) && /3|keras/.test(format);
      if (!isChanged) assertScores(model, network, { strip: strip ?? true });
    }
  });
}

test.run();
