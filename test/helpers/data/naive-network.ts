/** Runs a network node by node for one image, in float64 and plain loops: knows nothing of fusing, layouts or kernels. */
import type { Masks } from '../../../src/core/mask.ts';
import { isKept } from '../../../src/core/mask.ts';
import { activate } from '../../../src/kernels/reference/activation.ts';
import type { Model } from '../../../src/network/model.ts';
import type { Node } from '../../../src/network/network.ts';
import { problemOf } from '../../../src/network/problem.ts';

/** [channel][row][column]; features are channels of one pixel. */
export type Image = number[][][];

/** The value of a pixel, or `outside` if there is none. */
const at = (channel: number[][], row: number, column: number, outside: number) =>
  channel[row]?.[column] ?? outside;

const flat = (x: Image) => x.flat(2);
const features = (values: readonly number[]): Image => values.map((value) => [[value]]);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The scores of one image of [channel, row, column] pixels, already normalised. */
export function naiveScores(model: Model, pixels: readonly number[], masks: Masks): number[] {
  return flat(naiveOutputs(model, pixels, masks).get(model.network.output)!);
}

/** The output of every node for one image, by name; that of `input` is the image. */
export function naiveOutputs(
  model: Model,
  pixels: readonly number[],
  masks: Masks,
): ReadonlyMap<string, Image> {
  const { network } = model;
  const [channels, height = 1, width = 1] = network.input as [number, number?, number?];
  const input: Image = range(channels).map((c) =>
    range(height).map((y) => range(width).map((x) => pixels[(c * height + y) * width + x]!)),
  );
  const parameters = maskedParameters(model, masks);
  const outputs = new Map<string, Image>([['input', input]]);
  for (const node of network.nodes) {
    const read = node.inputs.map((name) => outputs.get(name)!);
    outputs.set(
      node.name,
      run(node, read, (name) => parameters.get(name)!),
    );
  }
  return outputs;
}

function maskedParameters({ network, tensors }: Model, masks: Masks): Map<string, number[]> {
  const parameters = new Map([...tensors].map(([name, values]) => [name, Array.from(values)]));
  problemOf(network).layers.forEach(({ weight }, i) => {
    parameters.set(
      weight!,
      parameters.get(weight!)!.map((value, k) => (isKept(masks[i]!, k) ? value : 0)),
    );
  });
  return parameters;
}

function run(node: Node, [x, ...more]: Image[], get: (name: string) => number[]): Image {
  const input = x!;
  switch (node.kind) {
    case 'conv2d':
      return convolve(node, input, get);
    case 'dense': {
      const values = flat(input);
      const [weight, bias] = [get(node.weight), node.bias === undefined ? undefined : get(node.bias)];
      return features(
        range(node.outputs).map((o) =>
          values.reduce((sum, value, i) => sum + weight[o * values.length + i]! * value, bias?.[o] ?? 0),
        ),
      );
    }
    case 'pool2d':
      return input.map((channel) => pool(node, channel));
    case 'globalPool':
      return features(
        input.map((channel) => {
          const all = channel.flat();
          return node.operation === 'max' ? Math.max(...all) : all.reduce((a, b) => a + b) / all.length;
        }),
      );
    case 'activation':
      return map(input, (value) => activate(node, value));
    case 'batchNorm':
      return map(input, (value, c) => {
        const scale = node.scale === undefined ? 1 : get(node.scale)[c]!;
        const shift = node.shift === undefined ? 0 : get(node.shift)[c]!;
        return (
          (scale * (value - get(node.mean)[c]!)) / Math.sqrt(get(node.variance)[c]! + node.epsilon) + shift
        );
      });
    case 'affine':
      return map(input, (value, c) => get(node.scale)[c]! * value + get(node.shift)[c]!);
    case 'add':
      return map(input, (value, c, y, i) => more.reduce((sum, other) => sum + other[c]![y]![i]!, value));
    case 'concat':
      return [input, ...more].flat();
    case 'pad':
      return padded(node, input);
    case 'flatten':
      return features(flat(input));
  }
}

function map(x: Image, of: (value: number, channel: number, row: number, column: number) => number): Image {
  return x.map((channel, c) => channel.map((row, y) => row.map((value, i) => of(value, c, y, i))));
}

function convolve(node: Extract<Node, { kind: 'conv2d' }>, x: Image, get: (name: string) => number[]): Image {
  const { kernel, stride, padding, dilation, groups, outChannels } = node;
  const [weight, bias] = [get(node.weight), node.bias === undefined ? undefined : get(node.bias)];
  const perGroup = x.length / groups;
  const rows = places(x[0]!.length + padding[0] + padding[2], kernel[0], stride[0], dilation[0]);
  const columns = places(x[0]![0]!.length + padding[1] + padding[3], kernel[1], stride[1], dilation[1]);
  return range(outChannels).map((o) =>
    range(rows).map((y) =>
      range(columns).map((i) => {
        let sum = bias?.[o] ?? 0;
        for (const c of range(perGroup))
          for (const ky of range(kernel[0]))
            for (const kx of range(kernel[1])) {
              const channel = x[Math.floor(o / (outChannels / groups)) * perGroup + c]!;
              const row = y * stride[0] + ky * dilation[0] - padding[0];
              const column = i * stride[1] + kx * dilation[1] - padding[1];
              sum +=
                weight[((o * perGroup + c) * kernel[0] + ky) * kernel[1] + kx]! * at(channel, row, column, 0);
            }
        return sum;
      }),
    ),
  );
}

const places = (size: number, kernel: number, stride: number, dilation: number) =>
  Math.floor((size - (kernel - 1) * dilation - 1) / stride) + 1;

function pool(node: Extract<Node, { kind: 'pool2d' }>, channel: number[][]): number[][] {
  const [height, width] = [channel.length, channel[0]!.length];
  const starts = (size: number, axis: 0 | 1) => {
    const [before, after] = [node.padding[axis], node.padding[axis + 2]!];
    const reach = (node.kernel[axis] - 1) * node.dilation[axis] + 1;
    const found: number[] = [];
    for (let start = -before; ; start += node.stride[axis]) {
      const fits = start + reach <= size + after;
      // A last window may stick out, but must not start in the padding at the end.
      const sticksOut = node.ceil && start < size && start - node.stride[axis] + reach < size + after;
      if (!fits && !sticksOut) return found;
      found.push(start);
    }
  };
  return starts(height, 0).map((top) =>
    starts(width, 1).map((left) => {
      const inside: number[] = [];
      let counted = 0;
      for (const ky of range(node.kernel[0]))
        for (const kx of range(node.kernel[1])) {
          const [y, x] = [top + ky * node.dilation[0], left + kx * node.dilation[1]];
          if (y >= 0 && y < height && x >= 0 && x < width) inside.push(channel[y]![x]!);
          if (y < height + node.padding[2] && x < width + node.padding[3]) counted++;
        }
      if (node.operation === 'max') return Math.max(...inside);
      return inside.reduce((a, b) => a + b, 0) / (node.countPadding ? counted : inside.length);
    }),
  );
}

function padded(
  { padding: [top, left, bottom, right], channels }: Extract<Node, { kind: 'pad' }>,
  x: Image,
): Image {
  const zeros = (count: number) => range(count).map(() => 0);
  const width = left + x[0]![0]!.length + right;
  const blank = () => range(top + x[0]!.length + bottom).map(() => zeros(width));
  const around = x.map((channel) => [
    ...range(top).map(() => zeros(width)),
    ...channel.map((row) => [...zeros(left), ...row, ...zeros(right)]),
    ...range(bottom).map(() => zeros(width)),
  ]);
  return [...range(channels[0]).map(blank), ...around, ...range(channels[1]).map(blank)];
}
