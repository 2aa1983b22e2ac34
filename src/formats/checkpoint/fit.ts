/** Whether the tensors of a file are the parameters of a network, and which of them are one and the same. */
import { MasksearchError } from '../../core/error.ts';
import type { Phrase } from '../../core/phrase.ts';
import type { Network, Shape } from '../../network/network.ts';
import { parameterShapes } from '../../network/parameter-shapes.ts';
import { ELEMENT_BYTES } from '../arrays/numbers.ts';
import { shown } from '../safetensors/header.ts';
import { floatTensor, nameFinder, type Place } from './parameters.ts';
import { withParameterNames } from './rename.ts';
import { isContiguous, isFloat, placesOf, spanOf, type StoredTensor } from './stored-tensor.ts';

/** Names in a message. */
const MAX_LISTED = 12;

type Places = ReadonlyMap<string, Place>;

/** The network with the names that its parameters have in the file. Names of one and the same tensor become one: shared weights have one mask. */
export function namedAsInFile(network: Network, places: Places): Network {
  const find = nameFinder(places);
  const first = new Map<string, string>();
  return withParameterNames(network, (name) => {
    const found = find(name);
    if (found === undefined) return name;
    const place = placeText(places.get(found)!);
    if (!first.has(place)) first.set(place, found);
    return first.get(place)!;
  });
}

/** Equal for what are the same numbers of the file. */
function placeText({ tensor, mask }: Place): string {
  const text = ({ type, begin, shape, strides }: StoredTensor) => [type, begin, shape, strides].join(';');
  // Nothing is shared by tensors without elements.
  if (spanOf(tensor) === 0) return tensor.name;
  return `${text(tensor)} ${mask ? text(mask) : ''}`;
}

/** Throws 'bad-input' unless the file has every parameter, in its shape. */
export function checkParameters(network: Network, places: Places, fix: string | Phrase): void {
  const shapes = parameterShapes(network);
  for (const [name, shape] of shapes) {
    const place = places.get(name);
    if (!place) {
      const needed = `${listed([...shapes.keys()])} ${shapes.size === 1 ? 'is' : 'are'} needed`;
      throw refused(`the file has no tensor ${shown(name)}, ${needed}`, fix);
    }
    const tensor = floatTensor(place.tensor);
    if (!fits(tensor.shape, shape))
      throw refused(
        `tensor ${shown(tensor.name)} is ${tensor.typeName} ${shown(tensor.shape)}, only ${shown(shape)} is allowed`,
        fix,
      );
  }
  checkApart([...shapes.keys()].flatMap((name) => tensorsOf(places.get(name)!)));
}

const tensorsOf = ({ tensor, mask }: Place) => (mask ? [tensor, mask] : [tensor]);

/** A kernel of one dimension is an image of one row here. */
function fits(found: Shape, needed: Shape): boolean {
  const isSignal = found.length === 3 && needed.length === 4 && needed[2] === 1;
  return String(isSignal ? [...found.slice(0, 2), 1, found[2]] : found) === String(needed);
}

/** The tensors of floats that the network does not name. */
export function unusedFloats(network: Network, places: Places): readonly string[] {
  const used = parameterShapes(network);
  const isUsed = new Set(
    [...used.keys()].flatMap((name) => {
      const place = places.get(name);
      return place ? [placeText(place)] : [];
    }),
  );
  return [...places]
    .filter(([, place]) => isFloat(place.tensor) && !isUsed.has(placeText(place)))
    .map(([name]) => name);
}

/** Throws 'bad-input' if the file has tensors of floats that the network does not name. */
export function checkAllUsed(network: Network, places: Places, fix: string | Phrase): void {
  const [first] = unusedFloats(network, places);
  if (first === undefined) return;
  const names = [...parameterShapes(network).keys()];
  const allowed = names.length === 0 ? 'no tensors' : `only ${listed(names)}`;
  throw refused(
    `the file has a tensor ${shown(first)}, ${allowed} ${names.length === 1 ? 'is' : 'are'} allowed`,
    fix,
  );
}

/** Throws 'bad-input' if parameters share some of their numbers: to prune one would change the other. */
function checkApart(tensors: readonly StoredTensor[]): void {
  const inOrder = [...tensors].sort((a, b) => a.begin - b.begin);
  let cluster: StoredTensor[] = [];
  let end = 0;
  for (const tensor of inOrder) {
    if (tensor.begin >= end) {
      checkCluster(cluster);
      cluster = [];
    }
    cluster.push(tensor);
    end = Math.max(end, endOf(tensor));
  }
  checkCluster(cluster);
}

const bytesIn = ({ type }: StoredTensor) => ELEMENT_BYTES[type ?? 'uint8'];
const endOf = (tensor: StoredTensor) => tensor.begin + spanOf(tensor) * bytesIn(tensor);

/** Of tensors that lie between each other, such as the columns of a larger one. */
function checkCluster(cluster: readonly StoredTensor[]): void {
  const [first] = cluster;
  if (!first || (cluster.length === 1 && isContiguous(first))) return;
  const taken = new Uint8Array(Math.max(...cluster.map(endOf)) - first.begin);
  for (const tensor of cluster) {
    const size = bytesIn(tensor);
    const places = placesOf(tensor);
    const elements = places?.length ?? spanOf(tensor);
    for (let i = 0; i < elements; i++) {
      const at = tensor.begin - first.begin + (places ? places[i]! : i) * size;
      if (taken[at] === 1)
        throw refused(
          `tensor ${shown(tensor.name)} shares some of its numbers with another place`,
          'save it with tensor.clone()',
        );
      taken.fill(1, at, at + size);
    }
  }
}

export function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  const first = names.slice(0, MAX_LISTED).map(printable).join(', ');
  return more > 0 ? `${first} and ${more} more` : first;
}

/** Names come from a file. */
const printable = (name: string) => name.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');

const refused = (message: string, fix: string | Phrase) => new MasksearchError('bad-input', message, fix);
