/** Networks as tf2onnx and keras2onnx write them: images with their channels last, transposed in the graph. */
import type { OnnxFile } from '../file.ts';
import { OnnxGraph } from '../graph.ts';

const SAME = { auto_pad: 'SAME_UPPER' } as const;

/** Residual network of three blocks, as MLPerf Tiny has it; `pads` writes the padding of strided convolutions out, after rows and columns. */
function resNet8(
  name: string,
  opset: number,
  options: { pads: boolean; end: 'transpose' | 'squeeze' },
): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['N', 32, 32, 3], seed: name });
    const conv = (x: string, out: number, into: number, kernel: number, stride: number) => {
      const strides = [stride, stride];
      // TensorFlow pads 3 x 3 with a stride of 2 only below and to the right, where sizes are even.
      const written = kernel === 1 ? [0, 0, 0, 0] : stride === 2 ? [0, 0, 1, 1] : [1, 1, 1, 1];
      const padding = options.pads ? { pads: written } : SAME;
      return g.conv(x, [out, into, kernel, kernel], { strides, ...padding });
    };
    let x = g.transpose(g.input, 0, 3, 1, 2);
    x = g.relu(g.batchNorm(conv(x, 16, 3, 3, 1), 16));
    let channels = 16;
    for (const [out, stride] of [
      [16, 1],
      [32, 2],
      [64, 2],
    ] as const) {
      const first = g.relu(g.batchNorm(conv(x, out, channels, 3, stride), out));
      const second = g.batchNorm(conv(first, out, out, 3, 1), out);
      const shortcut = out === channels ? x : conv(x, out, channels, 1, stride);
      x = g.relu(g.node('Add', [shortcut, second]));
      channels = out;
    }
    x = g.node('AveragePool', [x], { kernel_shape: [8, 8], strides: [8, 8], pads: [0, 0, 0, 0] });
    x = options.end === 'transpose' ? g.reshape(g.transpose(x, 0, 2, 3, 1), -1, 64) : g.squeeze(x, 2, 3);
    return g.bytes(g.node('Softmax', [g.matMul(x, 64, 10)], opset < 13 ? { axis: 1 } : { axis: -1 }));
  };
  return { name, bytes, axes: 'HWC', sizes: [32, 32, 3], input: [3, 32, 32], ending: 'softmax', images: 60 };
}

/** Depthwise-separable convolutions with a width of a quarter. */
function mobileNet(name: string, opset: number): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['N', 96, 96, 3], seed: name });
    const relu6 = (x: string) => g.clip(x, 0, 6);
    let x = g.transpose(g.input, 0, 3, 1, 2);
    x = relu6(g.batchNorm(g.conv(x, [8, 3, 3, 3], { strides: [2, 2], ...SAME }, { bias: false }), 8));
    let channels = 8;
    const blocks = [
      [16, 1],
      [32, 2],
      [32, 1],
      [64, 2],
      [64, 1],
      [128, 2],
      [128, 1],
      [128, 1],
      [128, 1],
      [128, 1],
      [128, 1],
      [256, 2],
      [256, 1],
    ] as const;
    for (const [out, stride] of blocks) {
      const depthwise = { strides: [stride, stride], group: channels, ...SAME };
      x = relu6(g.batchNorm(g.conv(x, [channels, 1, 3, 3], depthwise, { bias: false }), channels));
      x = relu6(
        g.batchNorm(
          g.conv(x, [out, channels, 1, 1], {}, { bias: false, scale: 3 / Math.sqrt(channels) }),
          out,
        ),
      );
      channels = out;
    }
    x = g.squeeze(g.node('GlobalAveragePool', [x]), 2, 3);
    return g.bytes(g.node('Softmax', [g.matMul(x, 256, 2)], { axis: 1 }));
  };
  return { name, bytes, axes: 'HWC', sizes: [96, 96, 3], input: [3, 96, 96], ending: 'softmax', images: 12 };
}

/** Keyword spotting; reads 49 x 10 coefficients, which is flat in the file of one exporter. */
function dsCnn(name: string, opset: number, batch?: number): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: [batch ?? 'N', 49, 10, 1], seed: name });
    // An image of one channel is not transposed.
    let x = g.reshape(g.input, -1, 1, 49, 10);
    x = g.relu(g.batchNorm(g.conv(x, [64, 1, 10, 4], { strides: [2, 2], ...SAME }), 64));
    x = g.dropout(x);
    for (let i = 0; i < 4; i++) {
      x = g.relu(g.batchNorm(g.conv(x, [64, 1, 3, 3], { group: 64, ...SAME }), 64));
      x = g.relu(g.batchNorm(g.conv(x, [64, 64, 1, 1], SAME), 64));
    }
    x = g.node('AveragePool', [x], { kernel_shape: [25, 5], strides: [25, 5] });
    x = g.reshape(g.transpose(x, 0, 2, 3, 1), -1, 64);
    return g.bytes(g.node('Softmax', [g.matMul(x, 64, 12)], { axis: 1 }));
  };
  return {
    ...{ name, bytes, axes: 'HWC', sizes: [49, 10, 1], input: [1, 49, 10], ending: 'softmax', images: 60 },
    ...(batch !== undefined && { batch }),
  };
}

/** A network of signals as Keras has it: [length, channels], and convolutions over images of one row. */
function signals(name: string, opset: number): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['N', 128, 9], seed: name });
    const conv1d = (x: string, out: number, into: number, stride: number) => {
      const rows = g.unsqueeze(g.transpose(x, 0, 2, 1), 2);
      const y = g.conv(rows, [out, into, 1, 5], { strides: [1, stride], ...SAME }, { bias: false });
      const columns = g.transpose(g.squeeze(y, 2), 0, 2, 1);
      return g.relu(g.node('Add', [columns, g.vector(out)]));
    };
    let x = conv1d(g.input, 16, 9, 1);
    x = conv1d(x, 24, 16, 2);
    const pooled = g.node('MaxPool', [g.transpose(x, 0, 2, 1)], { kernel_shape: [2], strides: [2] });
    x = g.transpose(pooled, 0, 2, 1);
    x = g.reshape(x, -1, 32 * 24);
    x = g.relu(g.matMul(x, 32 * 24, 40));
    return g.bytes(g.node('Softmax', [g.matMul(x, 40, 6)], { axis: 1 }));
  };
  return { name, bytes, axes: 'WC', sizes: [128, 9], input: [9, 1, 128], ending: 'softmax', images: 200 };
}

/** A network of signals that ends in means over time. */
function meanSignals(name: string, opset: number): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['N', 60, 6], seed: name });
    let x = g.unsqueeze(g.transpose(g.input, 0, 2, 1), 3);
    x = g.relu(g.conv(x, [12, 6, 7, 1], { strides: [2, 1], pads: [3, 0, 3, 0] }));
    x = g.relu(g.conv(x, [20, 12, 3, 1], { dilations: [2, 1] }));
    x = g.transpose(g.squeeze(x, 3), 0, 2, 1);
    x = g.reduceMean(x, [1], 0);
    return g.bytes(g.matMul(x, 20, 5));
  };
  return { name, bytes, axes: 'HC', sizes: [60, 6], input: [6, 60, 1], images: 500 };
}

/** A perceptron whose nodes are in the opposite order, as keras2onnx may write them. */
function perceptron(name: string, opset: number): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['N', 8, 6, 3], seed: name, inputName: 'input_1' });
    let x = g.reshape(g.input, -1, 144);
    x = g.relu(g.matMul(x, 144, 32));
    x = g.node('Tanh', [g.matMul(x, 32, 24)]);
    x = g.matMul(x, 24, 5);
    return g.bytes(g.node('Softmax', [x], { axis: 1 }), { reversed: true });
  };
  return { name, bytes, axes: 'HWC', sizes: [8, 6, 3], input: [3, 8, 6], ending: 'softmax', images: 500 };
}

/** Anomaly detection: as many numbers out as in. */
function autoencoder(name: string, opset: number): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['N', 64], seed: name });
    let x = g.input;
    let width = 64;
    for (const next of [32, 32, 8, 32]) {
      x = g.relu(g.batchNorm(g.matMul(x, width, next), next));
      width = next;
    }
    return g.bytes(g.matMul(x, width, 64));
  };
  return { name, bytes, axes: 'C', sizes: [64], input: [64], task: 'regression', images: 500 };
}

/** One yes-or-no answer. */
function yesOrNo(name: string, opset: number): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['N', 30], seed: name });
    const x = g.relu(g.matMul(g.input, 30, 16));
    return g.bytes(g.node('Sigmoid', [g.matMul(x, 16, 1)]));
  };
  return {
    ...{ name, bytes, axes: 'C', sizes: [30], input: [30] },
    ...{ task: 'binary', ending: 'sigmoid', images: 500 },
  };
}

export const TENSORFLOW_FILES: readonly OnnxFile[] = [
  resNet8('ResNet-8, auto_pad, opset 13', 13, { pads: false, end: 'transpose' }),
  resNet8('ResNet-8, pads, opset 9', 9, { pads: true, end: 'squeeze' }),
  mobileNet('MobileNetV1 0.25, opset 11', 11),
  dsCnn('DS-CNN, opset 17', 17),
  dsCnn('DS-CNN, a batch of 1', 13, 1),
  dsCnn('DS-CNN, a batch of 32', 11, 32),
  signals('signals, opset 13', 13),
  signals('signals, opset 9', 9),
  meanSignals('signals with means, opset 11', 11),
  meanSignals('signals with means, opset 18', 18),
  perceptron('perceptron, nodes in the opposite order', 7),
  autoencoder('autoencoder', 11),
  yesOrNo('one yes or no', 22),
];
