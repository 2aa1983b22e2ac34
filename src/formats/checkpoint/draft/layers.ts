/** Which layers the tensors of a file may be, by their names and shapes. */
import { unwrapped, type Place } from '../parameters.ts';
import { isFloat } from '../stored-tensor.ts';

interface DraftOf<Kind extends string> {
  readonly kind: Kind;
  /** Of the module, without prefixes of wrappers. */
  readonly name: string;
}

export interface DraftConv extends DraftOf<'conv2d'> {
  readonly weight: string;
  readonly bias: string | undefined;
  readonly outChannels: number;
  /** Of each group. */
  readonly inChannels: number;
  readonly kernel: readonly [rows: number, columns: number];
}

export interface DraftDense extends DraftOf<'dense'> {
  readonly weight: string;
  readonly bias: string | undefined;
  readonly outputs: number;
  readonly features: number;
}

export interface DraftNorm extends DraftOf<'batchNorm'> {
  readonly scale: string | undefined;
  readonly shift: string | undefined;
  readonly mean: string;
  readonly variance: string;
  readonly channels: number;
}

export type DraftLayer = DraftConv | DraftDense | DraftNorm;

/** Layers in the order of the file, and the tensors of floats that are of none. */
export interface DraftLayers {
  readonly layers: readonly DraftLayer[];
  readonly others: readonly string[];
}

/** The tensors of one module, by the last part of their names. */
interface Module {
  readonly path: string;
  readonly members: Map<string, string>;
}

export function layersIn(places: ReadonlyMap<string, Place>): DraftLayers {
  const layers: DraftLayer[] = [];
  const others: string[] = [];
  for (const module of modulesOf(places)) {
    const layer = layerOf(module, (name) => places.get(name)!.tensor.shape);
    if (layer) layers.push(layer);
    const used = new Set<unknown>(layer ? Object.values(layer) : []);
    others.push(...[...module.members.values()].filter((name) => !used.has(name)));
  }
  return { layers, others };
}

function modulesOf(places: ReadonlyMap<string, Place>): Iterable<Module> {
  const modules = new Map<string, Module>();
  for (const [name, { tensor }] of places) {
    // Counters of batches, and tensors of types that are no weights.
    if (!isFloat(tensor)) continue;
    const dot = name.lastIndexOf('.');
    const path = name.slice(0, Math.max(dot, 0));
    if (!modules.has(path)) modules.set(path, { path, members: new Map() });
    modules.get(path)!.members.set(name.slice(dot + 1), name);
  }
  return modules.values();
}

function layerOf(
  { path, members }: Module,
  shapeOf: (name: string) => readonly number[],
): DraftLayer | undefined {
  const name = unwrapped(path) || 'layer';
  const weight = members.get('weight');
  const bias = members.get('bias');
  const mean = members.get('running_mean');
  const variance = members.get('running_var');
  if (mean !== undefined && variance !== undefined) {
    const [channels = 1] = shapeOf(mean);
    return { kind: 'batchNorm', name, scale: weight, shift: bias, mean, variance, channels };
  }
  if (weight === undefined) return undefined;
  const [outputs = 1, inputs = 1, ...kernel] = shapeOf(weight);
  switch (shapeOf(weight).length) {
    case 2:
      return { kind: 'dense', name, weight, bias, outputs, features: inputs };
    case 3:
      return {
        kind: 'conv2d',
        name,
        weight,
        bias,
        outChannels: outputs,
        inChannels: inputs,
        kernel: [1, kernel[0]!],
      };
    case 4:
      return {
        ...{ kind: 'conv2d', name, weight, bias, outChannels: outputs, inChannels: inputs },
        kernel: [kernel[0]!, kernel[1]!],
      };
    default:
      return undefined;
  }
}
