/** Small networks beyond chains of plain convolutions and dense layers, one for each thing that a graph can have. */
import type { Network } from '../../../../src/network/network.ts';
import { branches, denselyConnected, imageReadTwice } from './branches.ts';
import { pooling, separable, sharedWeights, signals } from './chains.ts';
import { normalized, paddedChannels, residual } from './sums.ts';

export const GRAPHS = {
  residual,
  separable,
  branches,
  'padded channels': paddedChannels,
  'shared weights': sharedWeights,
  normalized,
  pooling,
  signals,
  'densely connected': denselyConnected,
  'image read twice': imageReadTwice,
} as const satisfies Readonly<Record<string, Network>>;
