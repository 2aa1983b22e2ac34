/** The parameters that a training starts from. */
import seedrandom from 'seedrandom';
import { fuse } from '../network/fuse.ts';
import type { Network } from '../network/network.ts';

/**
 * Weights of Glorot and Bengio's uniform start (2010): within +-sqrt(6 / (fan in + fan out)), each from a stream of its own; scales
 * of 1; everything else stays 0.
 */
export function startParameters(
  network: Network,
  tensors: ReadonlyMap<string, Float64Array>,
  seed: string,
): void {
  for (const node of network.nodes) {
    if ((node.kind === 'batchNorm' || node.kind === 'affine') && node.scale !== undefined)
      tensors.get(node.scale)!.fill(1);
  }
  const drawn = new Set<number>();
  for (const { source, weightShape, position, mask } of fuse(network)) {
    if (mask === undefined || drawn.has(mask)) continue;
    drawn.add(mask);
    const [outputs, inputs, ...kernel] = weightShape as [number, number, ...number[]];
    const area = kernel.reduce((product, side) => product * side, 1);
    const limit = Math.sqrt(6 / ((inputs + outputs) * area));
    const random = seedrandom.alea(`masksearch/train/${seed}/start/${position}`);
    const weight = tensors.get(source.weight!)!;
    for (let i = 0; i < weight.length; i++) weight[i] = limit * (2 * random() - 1);
  }
}
