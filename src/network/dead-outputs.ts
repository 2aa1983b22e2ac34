import type { DeadOutputs } from '../core/dead-outputs.ts';
import { isKept, type Mask, type Masks } from '../core/mask.ts';
import { paddedSizes } from '../kernels/pad.ts';
import type { FusedLayer } from './fused-layer.ts';
import { fuse } from './fuse.ts';
import type { Network } from './network.ts';

/** The dead outputs of each layer with weights, in network order; weights that several layers share are listed at each. */
export function deadOutputs(network: Network, masks: Masks): readonly DeadOutputs[] {
  const layers = fuse(network);
  const used = usedChannels(network, layers, masks);
  return layers.flatMap((layer, s) => {
    if (layer.mask === undefined) return [];
    const units = layer.biases;
    const fanIn = layer.weights / units;
    const mask = masks[layer.mask]!;
    const withoutInputs = indicesWhere(units, (unit) => !keepsAny(mask, unit * fanIn, fanIn));
    const unused = indicesWhere(units, (unit) => !used[s + 1]![unit]);
    return [{ layer: layer.name, units, withoutInputs, unused }];
  });
}

/**
 * For each tensor, whether a kept weight reads each of its channels, directly or through layers without weights, or it is a
 * score.
 */
function usedChannels(network: Network, layers: readonly FusedLayer[], masks: Masks): readonly Uint8Array[] {
  const used = [network.input[0]!, ...layers.map(outputChannels)].map((channels) => new Uint8Array(channels));
  used.at(-1)!.fill(1);
  for (const [s, layer] of [...layers.entries()].reverse()) {
    const inputs = layer.reads.map((tensor) => used[tensor]!);
    if (layer.mask !== undefined) markWeights(layer, masks[layer.mask]!, inputs[0]!);
    else passMarks(layer, used[s + 1]!, inputs);
  }
  return used;
}

/** Marks what a layer without weights reads of `inputs` for the outputs that are used. */
function passMarks(layer: FusedLayer, output: Uint8Array, inputs: readonly Uint8Array[]): void {
  if (layer.kind === 'concat') {
    const [first, second] = layer.shape.channels;
    copyMarks(output.subarray(0, first), inputs[0]!);
    copyMarks(output.subarray(first, first + second), inputs[1]!);
  } else if (layer.kind === 'pad') {
    const { before, channels } = layer.shape;
    copyMarks(output.subarray(before, before + channels), inputs[0]!);
  } else {
    for (const input of inputs) copyMarks(output, input);
  }
}

/** `from` counts the channels of `into`, or its features if it was flattened. */
function copyMarks(from: Uint8Array, into: Uint8Array): void {
  const area = from.length / into.length;
  from.forEach((mark, i) => {
    if (mark) into[Math.floor(i / area)] = 1;
  });
}

/** Marks the channels that a kept weight reads. */
function markWeights(layer: FusedLayer, mask: Mask, input: Uint8Array): void {
  const fanIn = layer.weights / layer.biases;
  const groups = layer.kind === 'conv2d' ? layer.shape.groups : layer.kind === 'depthwise' ? input.length : 1;
  const inGroup = input.length / groups;
  // Weights of one output that read one channel: one per kernel position, or per pixel of a flattened channel.
  const share = fanIn / inGroup;
  for (let output = 0; output < layer.biases; output++) {
    const firstChannel = Math.floor(output / (layer.biases / groups)) * inGroup;
    for (let channel = 0; channel < inGroup; channel++) {
      if (keepsAny(mask, output * fanIn + channel * share, share)) input[firstChannel + channel] = 1;
    }
  }
}

function outputChannels(layer: FusedLayer): number {
  switch (layer.kind) {
    case 'pool2d':
    case 'affine':
    case 'add':
      return layer.shape.channels;
    case 'concat':
      return layer.shape.channels[0] + layer.shape.channels[1];
    case 'pad':
      return paddedSizes(layer.shape).outChannels;
    case 'conv2d':
    case 'depthwise':
    case 'dense':
      return layer.biases;
  }
}

function keepsAny(mask: Mask, first: number, count: number): boolean {
  for (let i = first; i < first + count; i++) if (isKept(mask, i)) return true;
  return false;
}

function indicesWhere(count: number, is: (index: number) => boolean): readonly number[] {
  return Array.from({ length: count }, (_, i) => i).filter(is);
}
