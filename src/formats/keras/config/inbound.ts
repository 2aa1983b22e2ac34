/** The tensors that a call of a layer reads, as each version of Keras writes them. */
import { invalid } from '../errors.ts';
import { get, isList, isObject, listOf, type Json } from './json.ts';
import { shown } from '../../safetensors/header.ts';

/** An output of a call of a layer. */
export interface TensorRef {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

/** Tensors of a call at the most, and how deep they are in its arguments. */
const MAX_TENSORS = 1024;
const MAX_DEPTH = 6;

/** Keras 1 and 2: [["a", 0, 0, {...}], ...]; Keras 3: {"args": [...], "kwargs": {...}} with tensors anywhere in it. */
export function tensorsIn(node: Json, name: string): readonly TensorRef[] {
  const found: TensorRef[] = [];
  const add = (value: Json) => {
    const reference = referenceOf(value);
    if (!reference) return false;
    if (found.push(reference) > MAX_TENSORS)
      throw invalid(`layer ${shown(name)} reads more than ${MAX_TENSORS} tensors`);
    return true;
  };
  const search = (value: Json, depth: number): void => {
    if (depth > MAX_DEPTH) return;
    // Further arguments by name follow.
    if (add(value)) search(listOf(value)[3], depth + 1);
    else if (isList(value)) for (const one of value) search(one, depth + 1);
    else if (isObject(value)) {
      const className = get(value, 'class_name');
      if (className === '__keras_tensor__') add(get(objectOr(value['config']), 'keras_history'));
      else if (className === undefined) for (const one of Object.values(value)) search(one, depth + 1);
    }
  };
  search(node, 0);
  return found;
}

const objectOr = (value: Json) => (isObject(value) ? value : {});

function referenceOf(value: Json): TensorRef | undefined {
  const [layer, node, tensor] = listOf(value);
  if (typeof layer !== 'string' || !Number.isInteger(node) || !Number.isInteger(tensor)) return undefined;
  return { layer, node: node as number, tensor: tensor as number };
}
