/** Second moments in float64 and plain loops, node by node and image by image: knows nothing of fusing, layouts or kernels. */
import type { ImageSet } from '../../../src/data/dataset.ts';
import { pixelsPerImage } from '../../../src/data/dataset.ts';
import type { Moments } from '../../../src/engine/backend.ts';
import { normalizer } from '../../../src/engine/images.ts';
import type { Model, Tensors } from '../../../src/network/model.ts';
import type { Node } from '../../../src/network/network.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { fullMasks } from './models.ts';
import { naiveOutputs, type Image } from './naive-network.ts';

type Weighted = Extract<Node, { kind: 'conv2d' | 'dense' }>;

/** See `Calibrator.moments`. Of nodes that share the weights, the number of groups of one must be divisible by those of the others. */
export function naiveMoments(model: Model, images: ImageSet, layer: number, current: Tensors): Moments {
  const { network } = model;
  const { weight } = problemOf(network).layers[layer]!;
  const nodes = network.nodes.filter(
    (node): node is Weighted => (node.kind === 'conv2d' || node.kind === 'dense') && node.weight === weight,
  );
  const pixels = pixelsPerImage(images);
  const normalized = normalizer(model, images);
  const groups = Math.max(...nodes.map((node) => (node.kind === 'conv2d' ? node.groups : 1)));
  let samples = 0;
  let size = 0;
  let gram: Float64Array | undefined;
  let cross: Float64Array | undefined;
  for (let image = 0; image < images.count; image++) {
    const input = Array.from({ length: pixels }, (_, i) => normalized(images.pixels[image * pixels + i]!, i));
    const x = naiveOutputs({ ...model, tensors: current }, input, fullMasks(network));
    const x0 = naiveOutputs(model, input, fullMasks(network));
    for (const node of nodes) {
      const rows = windows(node, x.get(node.inputs[0]!)!);
      const rows0 = windows(node, x0.get(node.inputs[0]!)!);
      size = rows[0]![0]!.length;
      gram ??= new Float64Array(groups * size * size);
      cross ??= new Float64Array(groups * size * size);
      samples += rows.length;
      rows.forEach((row, position) => {
        for (let g = 0; g < groups; g++) {
          const inputs = row[Math.floor((g * row.length) / groups)]!;
          const inputs0 = rows0[position]![Math.floor((g * row.length) / groups)]!;
          for (let i = 0; i < size; i++) {
            for (let j = 0; j < size; j++) {
              gram![(g * size + i) * size + j]! += inputs[i]! * inputs[j]!;
              cross![(g * size + i) * size + j]! += inputs[i]! * inputs0[j]!;
            }
          }
        }
      });
    }
  }
  return { groups, size, samples, gram: gram!, cross: cross! };
}

/** For each output position, for each group, the inputs of an output and a 1. */
function windows(node: Weighted, x: Image): number[][][] {
  if (node.kind === 'dense') return [[[...x.flat(2), 1]]];
  const { kernel, stride, padding, dilation, groups } = node;
  const [height, width] = [x[0]!.length, x[0]![0]!.length];
  const perGroup = x.length / groups;
  const found: number[][][] = [];
  const [tall, wide] = [(kernel[0] - 1) * dilation[0], (kernel[1] - 1) * dilation[1]];
  for (let top = -padding[0]; top + tall < height + padding[2]; top += stride[0]) {
    for (let left = -padding[1]; left + wide < width + padding[3]; left += stride[1]) {
      found.push(
        Array.from({ length: groups }, (_, group) => {
          const inputs: number[] = [];
          for (let c = group * perGroup; c < (group + 1) * perGroup; c++)
            for (let ky = 0; ky < kernel[0]; ky++)
              for (let kx = 0; kx < kernel[1]; kx++)
                inputs.push(x[c]![top + ky * dilation[0]]?.[left + kx * dilation[1]] ?? 0);
          return [...inputs, 1];
        }),
      );
    }
  }
  return found;
}
