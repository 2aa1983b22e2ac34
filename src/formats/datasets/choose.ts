/** Which arrays, or files of one array, make a data set. */
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';
import type { Kind, Part, Role } from './roles.ts';

/** Something with a name, and its role where the name says one. */
export interface Candidate {
  readonly name: string;
  readonly role: Role | undefined;
}

export interface Pair<T> {
  readonly images: T;
  /** Undefined if there are none, and none are needed. */
  readonly labels: T | undefined;
}

export interface ChooseOptions {
  /** Whether images without labels are a data set. */
  readonly mayLackLabels?: boolean;
}

export interface Chosen<T> {
  /** Undefined if there is but one set, which is `test` then. */
  readonly train: Pair<T> | undefined;
  readonly test: Pair<T>;
  /** In the order given. */
  readonly unused: readonly T[];
}

type Group<T> = Map<`${Part | 'only'} ${Kind}`, T>;

/** Whole sets of a group, a training set first. */
interface Sets<T> {
  readonly prefix: string;
  readonly pairs: readonly Pair<T>[];
}

/**
 * The training and the test set, or the only set, among the candidates. Of two with one role the first is taken; names without a
 * prefix are preferred. Throws 'bad-input' if there is no whole set, or several data sets.
 */
export function chooseSets<T extends Candidate>(
  candidates: readonly T[],
  { mayLackLabels = false }: ChooseOptions = {},
): Chosen<T> {
  const groups = new Map<string, Group<T>>();
  for (const candidate of candidates) {
    const { role } = candidate;
    if (!role) continue;
    const group = groups.get(role.prefix) ?? (new Map() as Group<T>);
    groups.set(role.prefix, group);
    const key = `${role.part ?? 'only'} ${role.kind}` as const;
    if (!group.has(key)) group.set(key, candidate);
  }
  const found = [...groups].map(([prefix, group]): Sets<T> => ({
    prefix,
    pairs: pairsOf(group, mayLackLabels),
  }));
  const whole = found.filter(({ pairs }) => pairs.length > 0);
  const { pairs } = whole.find(({ prefix }) => prefix === '') ?? onlyOf(whole, candidates);
  const [first, second] = pairs as [Pair<T>, Pair<T> | undefined];
  const chosen = second ? { train: first, test: second } : { train: undefined, test: first };
  const used = pairs.slice(0, 2).flatMap(({ images, labels }) => [images, ...(labels ? [labels] : [])]);
  return { ...chosen, unused: candidates.filter((candidate) => !used.includes(candidate)) };
}

/** Throws 'bad-input' for images of the training or test set without labels, or the other way round. */
function pairsOf<T extends Candidate>(group: Group<T>, mayLackLabels: boolean): readonly Pair<T>[] {
  return (['train', 'only', 'test'] as const).flatMap((part) => {
    const images = group.get(`${part} images`);
    const labels = group.get(`${part} labels`);
    if (images && (labels || mayLackLabels)) return [{ images, labels }];
    const half = images ?? labels;
    if (!half || part === 'only') return [];
    throw new MasksearchError(
      'bad-input',
      `the data hold ${shown(half.name)} but no ${part} ${images ? 'labels' : 'images'} beside it`,
      images ? 'add them, or prune without: `--targets teacher`' : 'add them',
    );
  });
}

function onlyOf<T extends Candidate>(whole: readonly Sets<T>[], candidates: readonly T[]): Sets<T> {
  const [first, second] = whole;
  if (first && !second) return first;
  if (first) {
    const prefixes = whole.map(({ prefix }) => prefix);
    throw new MasksearchError(
      'bad-input',
      `the data hold ${whole.length} data sets, ${shown(prefixes)}, only one is allowed`,
      'name a file of one of them',
    );
  }
  const names = candidates.map(({ name }) => name);
  throw new MasksearchError(
    'bad-input',
    names.length === 0
      ? 'the data hold no arrays'
      : `the data hold ${shown(names)}, which are no images with labels`,
    'name them x_train, y_train, x_test and y_test, or x and y',
  );
}
