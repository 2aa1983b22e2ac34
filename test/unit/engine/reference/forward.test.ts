/** The float64 backend against plain loops that know nothing of fusing, layouts or kernels. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceLogits } from '../../../../src/engine/reference/forward.ts';
import { normalizedBytes } from '../../../../src/engine/images.ts';
import { QUAD, quadsOf } from '../../../../src/kernels/spec.ts';
import { classesOf } from '../../../../src/network/fuse.ts';
import { lenet5 } from '../../../../src/network/lenet5.ts';
import { assertClose } from '../../../helpers/assert/close.ts';
import { GRAPHS } from '../../../helpers/data/graphs/index.ts';
import { randomImages, randomMasks, randomModel } from '../../../helpers/data/models.ts';
import { naiveScores } from '../../../helpers/data/naive-network.ts';

const networks = { ...GRAPHS, 'LeNet-5': lenet5(), 'LeNet-5 with maxima': lenet5('relu', 'max') };

for (const [name, network] of Object.entries(networks)) {
  for (const density of [1, 0.6]) {
    test(`${name}, density ${density}: the scores are those of plain loops`, () => {
      const model = randomModel(network, name);
      const images = randomImages(network, 5, name);
      const masks = randomMasks(network, density, name);
      const found = referenceLogits(model, images, masks);
      const classes = classesOf(network);
      const stride = quadsOf(images.count) * QUAD;
      const size = images.height * images.width;
      const bytes = normalizedBytes(model);
      for (let image = 0; image < images.count; image++) {
        const pixels = Array.from(
          images.pixels.subarray(image * size, (image + 1) * size),
          (byte) => bytes[byte]!,
        );
        const expected = naiveScores(model, pixels, masks);
        const own = Array.from({ length: classes }, (_, c) => found[c * stride + image]!);
        // Folded parameters are rounded to float32.
        assertClose(own, expected, { label: `image ${image}`, rtol: 1e-5, atol: 1e-6 });
        assert.ok(new Set(expected).size > 1, 'the scores are all the same');
      }
    });
  }
}

test.run();
