/** Networks as torch.onnx writes them. */
import type { OnnxFile } from '../file.ts';
import { OnnxGraph } from '../graph.ts';
import { INT64_MAX } from '../proto.ts';

/** The pads of `F.pad`, which PyTorch turns over in the graph: [last axis before, after, ...] to [before..., after...]. */
function computedPads(g: OnnxGraph, given: readonly number[], rank: number): string {
  const pads = g.node('Constant', [], {
    value: { tensor: { shape: [given.length], values: given, type: 'int64' } },
  });
  const rest = g.node('Constant', [], {
    value: { tensor: { shape: [1], values: [2 * rank - given.length], type: 'int64' } },
  });
  const zeros = g.node('ConstantOfShape', [rest], {
    value: { tensor: { shape: [1], values: [0], type: 'int64' } },
  });
  const all = g.node('Concat', [pads, zeros], { axis: 0 });
  const pairs = g.reshape(all, -1, 2);
  const turned = g.slice(pairs, { starts: [-1], ends: [-INT64_MAX], axes: [0], steps: [-1] });
  const flat = g.reshape(g.transpose(turned, 1, 0), -1);
  return g.node('Cast', [flat], { to: 7 });
}

/** Residual network for CIFAR-10 whose shortcuts take every second pixel and add channels of zeros. */
function resNet20(
  name: string,
  opset: number,
  { chain, end }: { readonly chain: boolean; readonly end: 'global' | 'computed' },
): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['batch', 3, 32, 32], seed: name });
    const conv = (x: string, out: number, into: number, stride: number) =>
      g.batchNorm(
        g.conv(
          x,
          [out, into, 3, 3],
          { strides: [stride, stride], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1 },
          { bias: false },
        ),
        out,
      );
    const shortcut = (x: string, added: number) => {
      const ends = [INT64_MAX];
      const rows = opset < 10 ? x : g.slice(x, { starts: [0], ends, axes: [2], steps: [2] });
      const columns = opset < 10 ? x : g.slice(rows, { starts: [0], ends, axes: [3], steps: [2] });
      if (!chain) return g.pad(columns, [0, added, 0, 0, 0, added, 0, 0]);
      const pads = computedPads(g, [0, 0, 0, 0, added, added], 4);
      return g.node('Pad', [columns, pads, g.scalar(0)], { mode: 'constant' });
    };
    let x = g.relu(conv(g.input, 16, 3, 1));
    let channels = 16;
    for (const out of [16, 32, 64]) {
      for (let block = 0; block < 3; block++) {
        const stride = out !== channels ? 2 : 1;
        const y = conv(g.relu(conv(x, out, channels, stride)), out, out, 1);
        x = g.relu(g.node('Add', [y, stride === 2 ? shortcut(x, (out - channels) / 2) : x]));
        channels = out;
      }
    }
    if (end === 'global')
      return g.bytes(g.gemm(g.node('Flatten', [g.node('GlobalAveragePool', [x])]), 64, 10));
    const pooled = g.node('AveragePool', [x], { kernel_shape: [8, 8], strides: [8, 8] });
    const batch = g.unsqueeze(
      g.node('Gather', [g.node('Shape', [pooled]), g.constant({ shape: [], values: [0], type: 'int64' })], {
        axis: 0,
      }),
      0,
    );
    const shape = g.node('Concat', [batch, g.integers(-1)], { axis: 0 });
    return g.bytes(g.gemm(g.node('Reshape', [pooled, shape]), 64, 10));
  };
  return { name, bytes, axes: 'CHW', sizes: [3, 32, 32], input: [3, 32, 32], images: 30 };
}

/** Fire modules: a narrow convolution, and two wide ones side by side. */
function squeezeNet(name: string, opset: number): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['batch', 3, 48, 48], seed: name });
    const fire = (x: string, into: number, narrow: number, wide: number) => {
      const squeezed = g.relu(g.conv(x, [narrow, into, 1, 1]));
      const one = g.relu(g.conv(squeezed, [wide, narrow, 1, 1]));
      const three = g.relu(g.conv(squeezed, [wide, narrow, 3, 3], { pads: [1, 1, 1, 1] }));
      return g.node('Concat', [one, three], { axis: 1 });
    };
    const pool = (x: string) =>
      g.node(
        'MaxPool',
        [x],
        // Version 10 brought sizes that are rounded up.
        { kernel_shape: [3, 3], strides: [2, 2], ...(opset >= 10 && { ceil_mode: 1 }) },
      );
    let x = g.relu(g.conv(g.input, [24, 3, 3, 3], { strides: [2, 2] }));
    x = fire(fire(pool(x), 24, 8, 16), 32, 8, 16);
    x = fire(fire(pool(x), 32, 12, 24), 48, 12, 24);
    x = g.relu(g.conv(g.dropout(x), [10, 48, 1, 1]));
    x = g.node('Flatten', [g.node('GlobalAveragePool', [x])], { axis: 1 });
    return g.bytes(g.node('Softmax', [x], { axis: 1 }));
  };
  return { name, bytes, axes: 'CHW', sizes: [3, 48, 48], input: [3, 48, 48], ending: 'softmax', images: 30 };
}

/** Convolutions over signals, [channels, length]. */
function signals(name: string, opset: number, batch?: number): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: [batch ?? 'batch', 6, 100], seed: name });
    let x = g.relu(g.batchNorm(g.conv(g.input, [16, 6, 5], { pads: [2, 2], strides: [1] }), 16));
    x = g.node('MaxPool', [x], { kernel_shape: [2], strides: [2] });
    x = g.relu(g.conv(x, [24, 8, 3], { pads: [2, 2], dilations: [2], group: 2 }));
    x = g.node('AveragePool', [x], { kernel_shape: [5], strides: [5], pads: [2, 2], count_include_pad: 1 });
    x = g.node('Flatten', [x]);
    x = g.relu(g.gemm(x, 240, 32));
    return g.bytes(g.node('LogSoftmax', [g.gemm(x, 32, 7)], { axis: 1 }));
  };
  return {
    ...{ name, bytes, axes: 'CW', sizes: [6, 100], input: [6, 1, 100], ending: 'log-softmax', images: 200 },
    ...(batch !== undefined && { batch }),
  };
}

/** Inverted residuals with hard swish, and kernels of other forms. */
function invertedResiduals(name: string, opset: number): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['batch', 3, 21, 18], seed: name });
    const swish = (x: string) => {
      const gate = g.clip(g.node('Add', [x, g.scalar(3)]), 0, 6);
      return g.node('Div', [g.node('Mul', [x, gate]), g.scalar(6)]);
    };
    let x = swish(g.conv(g.input, [12, 3, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }));
    const wide = swish(g.conv(x, [36, 12, 1, 1]));
    const filtered = swish(g.conv(wide, [36, 1, 5, 3], { group: 36, pads: [2, 1, 2, 1] }));
    x = g.node('Add', [x, g.conv(filtered, [12, 36, 1, 1])]);
    const parts = [
      g.conv(x, [8, 12, 1, 7], { pads: [0, 3, 0, 3] }),
      g.conv(x, [8, 12, 7, 1], { pads: [3, 0, 3, 0] }),
      g.node('MaxPool', [x], { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] }),
      g.node('AveragePool', [x], {
        kernel_shape: [3, 3],
        strides: [1, 1],
        pads: [1, 1, 1, 1],
        count_include_pad: 0,
      }),
    ];
    x = swish(g.node('Concat', parts, { axis: -3 }));
    x = g.reduceMean(x, [-2, -1], 1);
    x = g.node('Flatten', [g.conv(x, [20, 40, 1, 1])]);
    return g.bytes(g.gemm(g.relu(x), 20, 6));
  };
  return { name, bytes, axes: 'CHW', sizes: [3, 21, 18], input: [3, 21, 18], images: 60 };
}

export const PYTORCH_FILES: readonly OnnxFile[] = [
  resNet20('ResNet-20, pads computed, opset 11', 11, { chain: true, end: 'computed' }),
  resNet20('ResNet-20, opset 17', 17, { chain: false, end: 'global' }),
  squeezeNet('SqueezeNet, opset 7', 7),
  squeezeNet('SqueezeNet, opset 13', 13),
  signals('signals, opset 11', 11),
  signals('signals, a batch of 32', 22, 32),
  invertedResiduals('inverted residuals, opset 9', 9),
  invertedResiduals('inverted residuals, opset 22', 22),
];
