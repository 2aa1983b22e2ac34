/**
 * What the classes and functions in a PyTorch pickle stand for. A few are known, and make tensors and dicts; all others make opaque objects, which the
 * reader of state dicts looks into for modules and otherwise leaves alone.
 */
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';
import { damagedTorch } from './errors.ts';
import type { Interpreter } from './pickle/unpickle.ts';
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PickleTuple,
  type PickleValue,
} from './pickle/values.ts';
import { dtypeOf, storageType } from './storage-types.ts';
import { StorageRef, TensorRef } from './tensor-ref.ts';

/** Dimensions of a tensor at the most. */
const MAX_RANK = 64;

type Call = (args: readonly PickleValue[], of: PickleGlobal, interpreter: TorchInterpreter) => PickleValue;

const first: Call = ([value], of) => value ?? new PickleObject(of, []);

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['collections.OrderedDict', dictOf],
  ['collections.defaultdict', () => new PickleDict()],
  ['builtins.dict', dictOf],
  ['__builtin__.dict', dictOf],
  ['torch.Size', first],
  [
    'torch._utils._rebuild_tensor',
    ([storage, offset, shape, strides]) => tensorOf(storage, offset, shape, strides),
  ],
  [
    'torch._utils._rebuild_tensor_v2',
    ([storage, offset, shape, strides]) => tensorOf(storage, offset, shape, strides),
  ],
  [
    'torch._utils._rebuild_tensor_v3',
    ([storage, offset, shape, strides, , , dtype]) => tensorOf(storage, offset, shape, strides, dtype),
  ],
  ['torch._utils._rebuild_parameter', first],
  ['torch._utils._rebuild_parameter_with_state', first],
  ['torch.nn.parameter.Parameter', first],
  ['torch.nn.parameter.Buffer', first],
  // A subclass of Tensor: a function, the class, the arguments of the function, attributes.
  [
    'torch._tensor._rebuild_from_type_v2',
    ([of, , args], own, interpreter) =>
      of instanceof PickleGlobal && args instanceof PickleTuple
        ? interpreter.call(of, args.items)
        : new PickleObject(own, []),
  ],
]);

/**
 * Modules and functions that a pickle calls only to run something. Nothing is run here, whatever the name; but what is written would still run it
 * when torch loads it.
 */
const DANGEROUS =
  /^((os|posix|nt|subprocess|sys|runpy|socket|shutil|importlib|ctypes|pty|commands|webbrowser|code)(\.|$)|(builtins|__builtin__)\.(eval|exec|execfile|compile|open|__import__|input)$)/;

export class TorchInterpreter implements Interpreter {
  /** By key. */
  readonly storages = new Map<string, StorageRef>();

  call(of: PickleGlobal, args: readonly PickleValue[]): PickleValue {
    if (DANGEROUS.test(of.path))
      throw new MasksearchError(
        'bad-input',
        `the file calls ${shown(of.path)} when PyTorch loads it, which no network needs; it was not called here`,
        'do not load it with PyTorch, and ask for its weights as safetensors',
      );
    return CALLS.get(of.path)?.(args, of, this) ?? new PickleObject(of, args);
  }

  /** ('storage', class, key, device, elements), and in old files (key of the part, where it starts, its elements). */
  persistent(id: PickleValue): PickleValue {
    const [kind, of, key, , count, part] = id instanceof PickleTuple ? id.items : [];
    // ('module', class, its file, its source code), before 1.6.
    if (kind === 'module' && of instanceof PickleGlobal) return of;
    const type = of instanceof PickleGlobal ? storageType(of.module, of.name) : undefined;
    if (kind !== 'storage' || type === undefined || typeof key !== 'string' || !isSize(count))
      throw damagedTorch(
        `the pickle names a storage in a way that is not known${of instanceof PickleGlobal ? `, of class ${shown(of.path)}` : ''}`,
      );
    const storage = new StorageRef(key, type, count);
    const known = this.storages.get(key);
    if (known && (known.type.bytes !== type.bytes || known.count !== count))
      throw damagedTorch(
        `storage ${shown(key)} has ${known.count} elements in one place and ${count} in another`,
      );
    this.storages.set(key, storage);
    if (!(part instanceof PickleTuple)) return storage;
    const [, offset, size] = part.items;
    if (!isSize(offset) || !isSize(size) || offset + size > count)
      throw damagedTorch(`a part of storage ${shown(key)} does not lie in it`);
    return new StorageRef(key, type, size, offset);
  }
}

const isSize = (value: PickleValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** A dict of the pairs in a list, if there are any. */
function dictOf([pairs]: readonly PickleValue[]): PickleDict {
  const dict = new PickleDict();
  for (const pair of pairs instanceof PickleList ? pairs.items : []) {
    const items = pair instanceof PickleTuple || pair instanceof PickleList ? pair.items : [];
    if (items.length === 2) dict.entries.set(items[0]!, items[1]!);
  }
  return dict;
}

function tensorOf(
  storage: PickleValue | undefined,
  offset: PickleValue | undefined,
  shape: PickleValue | undefined,
  strides: PickleValue | undefined,
  dtype?: PickleValue,
): TensorRef {
  const sizes = sizesOf(shape);
  const steps = sizesOf(strides);
  if (!(storage instanceof StorageRef) || !isSize(offset) || !sizes || steps?.length !== sizes.length)
    throw damagedTorch('the pickle describes a tensor without storage, offset, shape or strides');
  const type = dtype instanceof PickleGlobal ? dtypeOf(dtype.name) : storage.type;
  return new TensorRef(storage, offset, sizes, steps, type);
}

/** Undefined for anything but a list of sizes. */
function sizesOf(value: PickleValue | undefined): readonly number[] | undefined {
  if (!(value instanceof PickleTuple) && !(value instanceof PickleList)) return undefined;
  const { items } = value;
  return items.length <= MAX_RANK && items.every((item) => isSize(item))
    ? (items as readonly number[])
    : undefined;
}
