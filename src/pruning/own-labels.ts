/** Labels for images without: the answers of the unpruned network. */
import type { ImageSet } from '../data/dataset.ts';
import type { Splits } from '../data/splits.ts';
import type { Engine } from '../engine/backend.ts';
import { unprunedOutputs } from '../engine/teacher.ts';
import type { Model } from '../network/model.ts';
import { predictedClasses } from './evaluation/classes.ts';

/**
 * The splits of data for a network for classes. Sets without labels get the classes that the unpruned network finds, so accuracies by them tell how often two
 * networks agree. A set that is two splits stays one. Rejects with the errors of the engine.
 */
export async function withOwnLabels(engine: Engine, model: Model, splits: Splits): Promise<Splits> {
  const { train, search, test } = splits;
  const known = new Map<ImageSet, ImageSet>();
  for (const set of new Set([train, search, test])) known.set(set, await labelled(engine, model, set));
  return { train: known.get(train)!, search: known.get(search)!, test: known.get(test)! };
}

async function labelled(engine: Engine, model: Model, set: ImageSet): Promise<ImageSet> {
  if (set.labels) return set;
  const outputs = await unprunedOutputs(engine, model, { ...set, labels: new Uint16Array(set.count) });
  return { ...set, labels: predictedClasses(outputs, set.count) };
}
