/** The public files that are compared, beside the checkout as ../shared/models; see docs/formats.md. */
import type { Network } from 'masksearch';
import { akamasterResnet20, fyhLenet } from '../../../../test/helpers/torch/public-networks.ts';
import type { Judge } from './judge.ts';
import { kerasH5, tfjs } from './layers-model.ts';
import { onnxRuntime } from './onnxruntime.ts';
import { tfliteTwin } from './tflite.ts';
import { lenet, resnet20 } from './torch.ts';

export interface JudgedFile {
  readonly path: string;
  readonly judge: Judge;
  /** Of weights alone. */
  readonly architecture?: Network;
  /** Largest number at the input: that of the images that it was trained on. */
  readonly largest: number;
  readonly images: number;
}

export const JUDGED_FILES: readonly JudgedFile[] = [
  { path: 'fyh_lenet.onnx', judge: onnxRuntime, largest: 2.8, images: 100 },
  { path: 'fyh_lenet.pth', judge: lenet, architecture: fyhLenet, largest: 2.8, images: 100 },
  {
    path: 'akamaster_resnet20.th',
    judge: resnet20,
    architecture: akamasterResnet20(),
    largest: 2.6,
    images: 20,
  },
  { path: '4tsu_fashion_tfjs/model.json', judge: tfjs, largest: 1, images: 100 },
  { path: 'tiny_ic_resnet8.h5', judge: kerasH5, largest: 255, images: 20 },
  { path: 'alankrantas_mnist.tflite', judge: tfliteTwin, largest: 255, images: 4 },
  { path: 'tiny_ic_resnet8.tflite', judge: tfliteTwin, largest: 255, images: 2 },
  { path: 'tiny_kws_dscnn.tflite', judge: tfliteTwin, largest: 10, images: 4 },
  { path: 'tiny_ad_autoencoder.tflite', judge: tfliteTwin, largest: 2, images: 8 },
];
