/** What an array or a file is for, by its name: images or labels, of the training set, the test set or the only set. */

export type Part = 'train' | 'test';
export type Kind = 'images' | 'labels';

export interface Role {
  readonly kind: Kind;
  /** Undefined if the name does not say. */
  readonly part: Part | undefined;
  /** The words of the name that say neither: names of one data set share them. */
  readonly prefix: string;
}

const KINDS = new Map<string, Kind>([
  ...['x', 'image', 'images', 'img', 'imgs', 'input', 'inputs'].map((word) => [word, 'images'] as const),
  ...['y', 'label', 'labels', 'target', 'targets'].map((word) => [word, 'labels'] as const),
]);
const PARTS = new Map<string, Part>([
  ...['train', 'training'].map((word) => [word, 'train'] as const),
  ...['test', 'testing', 't10k'].map((word) => [word, 'test'] as const),
]);

const either = (words: ReadonlyMap<string, string>) => [...words.keys()].join('|');
/** "x", "train", "xtrain", "trainimages" */
const WORD = new RegExp(`^(${either(PARTS)})?(${either(KINDS)})?(${either(PARTS)})?$`);
/** Words of the names of files that only say their format. */
const FORMAT = /^(idx\d?|ubyte|npy|npz|safetensors|gz|gzip)$/;

/** The role of an array or file of this name, "X_test" or "emnist-letters-train-images-idx3-ubyte.gz"; undefined without one. */
export function roleOf(name: string): Role | undefined {
  const { kinds, parts, rest } = wordsOf(name);
  const [kind] = kinds;
  if (kinds.length !== 1 || parts.length > 1) return undefined;
  return { kind: kind!, part: parts[0], prefix: rest.join('-') };
}

/** The set that a file's name is for, "mnist-train.npz"; undefined if it does not say. */
export function partOf(name: string): Part | undefined {
  const { parts } = wordsOf(name);
  return parts.length === 1 ? parts[0] : undefined;
}

function wordsOf(name: string) {
  const kinds: Kind[] = [];
  const parts: Part[] = [];
  const rest: string[] = [];
  for (const word of name.toLowerCase().split(/[^\p{L}\p{N}]+/u)) {
    const match = WORD.exec(word);
    if (word === '' || FORMAT.test(word)) continue;
    if (match) {
      const [, before, kind, after] = match;
      if (kind !== undefined) kinds.push(KINDS.get(kind)!);
      for (const part of [before, after]) if (part !== undefined) parts.push(PARTS.get(part)!);
    } else {
      rest.push(word);
    }
  }
  return { kinds, parts, rest };
}
