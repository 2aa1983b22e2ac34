/** Weights of layers in the `model.weights.h5` of a .keras file. */
import type { Hdf5Object } from '../hdf5/file.ts';
import { invalid } from './errors.ts';
import { isModel } from './config/graph.ts';
import { listOf, type Json, type JsonObject } from './config/json.ts';
import { described, type Layer } from './config/layer.ts';
import type { StoredWeight, WeightSource } from './weights.ts';

/** What the group of the layers of a model is called: since Keras 2.14, and before. */
const CONTAINERS = ['layers', '_layer_checkpoint_dependencies', '_self_tracked_trackables'];

/** Weights of a layer at the most. */
const MAX_WEIGHTS = 64;

/** A group, and how to get to it. */
interface Place {
  readonly group: Hdf5Object;
  readonly path: string;
}

/**
 * Layers have groups named after their class, with a number from the second on: in the order of the layers of the model, of which those
 * without weights have none, or an empty one.
 */
export function weightsInZip(model: JsonObject, root: Hdf5Object): WeightSource {
  const places = new Map<string, Place>();
  addPlaces(model, { group: root, path: '' }, [], places);
  return ({ name, path }: Layer) => {
    const place = places.get(keyOf([...path, name]));
    const vars = place?.group.get('vars');
    if (!place || !vars) return [];
    const stored: StoredWeight[] = [];
    for (let i = 0; i < MAX_WEIGHTS; i++) {
      const found = vars.get(`${i}`);
      if (!found) break;
      stored.push({ name: `${place.path}/vars/${i}`, role: undefined, ...found.dataset() });
    }
    return stored;
  };
}

const keyOf = (names: readonly string[]) => JSON.stringify(names);

function addPlaces(model: Json, at: Place, outer: readonly string[], places: Map<string, Place>): void {
  // Models in each other were counted when their calls were.
  const { config } = described(model);
  const container = CONTAINERS.flatMap((name): Place[] => {
    const group = at.group.get(name);
    return group?.isGroup ? [{ group, path: at.path === '' ? name : `${at.path}/${name}` }] : [];
  })[0];
  if (!container) return;
  const byClass = new Map<string, Place[]>();
  const numbered = container.group.names.flatMap((name) => {
    const [, base, number] = /^(.*?)(?:_(\d+))?$/s.exec(name)!;
    return [{ name, base: base!, number: Number(number ?? 0) }];
  });
  numbered.sort((a, b) => a.number - b.number);
  for (const { name, base } of numbered) {
    const place = { group: container.group.child(name)!, path: `${container.path}/${name}` };
    if (!holdsWeights(place.group)) continue;
    const list = byClass.get(base);
    if (list) list.push(place);
    else byClass.set(base, [place]);
  }
  const taken = new Map<string, number>();
  for (const entry of listOf(config['layers'])) {
    const { className, name } = described(entry);
    const base = groupName(className);
    const all = byClass.get(base);
    const next = taken.get(base) ?? 0;
    const place = all?.[next];
    if (!place) continue;
    taken.set(base, next + 1);
    if (places.has(keyOf([...outer, name]))) throw invalid('two layers of the model have the same name');
    places.set(keyOf([...outer, name]), place);
    if (isModel(className)) addPlaces(entry, place, [...outer, name], places);
  }
}

/** Whether a layer, or one in it, has weights. */
function holdsWeights(group: Hdf5Object): boolean {
  if (!group.isGroup) return false;
  const vars = group.get('vars');
  if (vars?.isGroup && vars.names.length > 0) return true;
  return CONTAINERS.some((name) => group.get(name)?.isGroup);
}

/** As Keras makes it of the name of a class. */
export function groupName(className: string): string {
  return className
    .replace(/^.*>/, '')
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
