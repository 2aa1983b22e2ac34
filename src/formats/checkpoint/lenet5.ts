/** The article's LeNet-5 in files of weights that hold no graph. */
import type { Activation } from '../../kernels/activation.ts';
import type { PoolOperation } from '../../kernels/pool2d.ts';
import { lenet5 } from '../../network/lenet5.ts';
import type { Network } from '../../network/network.ts';
import { parameterShapes } from '../../network/parameter-shapes.ts';
import { nameFinder, type Place } from './parameters.ts';
import { withParameterNames } from './rename.ts';
import { isFloat } from './stored-tensor.ts';

/** Weights that may be missing, or of another shape, in what is meant as a LeNet-5: a later check names them. */
const MAX_MISFITS = 1;

/**
 * A LeNet-5 with the parameters of the file: by their shapes, whatever their names, or else by the usual names, prefixes aside. What has no bias in the file has none.
 * Undefined if the weights are those of another network.
 */
export function lenet5In(
  places: ReadonlyMap<string, Place>,
  activation: Activation,
  pooling: PoolOperation,
): Network | undefined {
  const network = lenet5(activation, pooling);
  const nameOf = namesByShape(places, network) ?? namesByName(places, network);
  if (!nameOf) return undefined;
  const isThere = (name: string | undefined) => name !== undefined && places.has(nameOf(name));
  const nodes = network.nodes.map((node) => {
    if ((node.kind !== 'conv2d' && node.kind !== 'dense') || isThere(node.bias)) return node;
    return { ...node, bias: undefined };
  });
  return withParameterNames({ ...network, nodes }, nameOf);
}

type NameOf = (name: string) => string;

/** The weights have five different shapes. */
function namesByShape(places: ReadonlyMap<string, Place>, network: Network): NameOf | undefined {
  const wanted = [...parameterShapes(network)].filter(([, shape]) => shape.length > 1);
  const byShape = new Map(wanted.map(([name, shape]) => [String(shape), name]));
  const names = new Map<string, string>();
  for (const [name, { tensor }] of places) {
    if (!isFloat(tensor) || tensor.shape.length < 2) continue;
    const own = byShape.get(String(tensor.shape));
    if (own === undefined || names.has(own)) return undefined;
    names.set(own, name);
    names.set(own.replace(/weight$/, 'bias'), name.replace(/weight$/, 'bias'));
  }
  // A name that does not end in "weight" leaves the bias unknown.
  const isWhole = names.size === 2 * wanted.length && new Set(names.values()).size === names.size;
  return isWhole ? (name) => names.get(name)! : undefined;
}

/** What has the names, and but for one the shapes. */
function namesByName(places: ReadonlyMap<string, Place>, network: Network): NameOf | undefined {
  const find = nameFinder(places);
  const misfits = [...parameterShapes(network)].filter(([name, shape]) => {
    if (shape.length < 2) return false;
    const place = places.get(find(name) ?? '');
    return !place || !isFloat(place.tensor) || String(place.tensor.shape) !== String(shape);
  });
  return misfits.length > MAX_MISFITS ? undefined : (name) => find(name) ?? name;
}
