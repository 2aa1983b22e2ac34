/** TFLite files in float64, in plain loops over their tables; see the helper, which shares nothing with the library. */
import { twinScores } from '../../../../test/helpers/tflite/twin.ts';
import { channelsLast, type Judge } from './judge.ts';

export const tfliteTwin: Judge = {
  name: 'float64 twin',
  judge({ main }, images) {
    const pixels = channelsLast(images);
    const size = pixels.length / images.count;
    const rows = Array.from({ length: images.count }, (_, image) =>
      Array.from(twinScores(main, pixels.slice(image * size, (image + 1) * size))),
    );
    return Promise.resolve({ outputs: Float32Array.from(rows.flat()) });
  },
};
