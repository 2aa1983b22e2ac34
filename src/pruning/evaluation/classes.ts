/** The accuracy of each class, before and after pruning: rare classes suffer first, and a mean over all images hides it. */
import type { ImageSet } from '../../data/dataset.ts';
import type { ClassAccuracy } from '../../report/run/result.ts';

/** Class of the largest output of each image, of equal ones the first; `outputs` is [image][class]. */
export function predictedClasses(outputs: Float32Array, images: number): Uint16Array {
  const classes = outputs.length / images;
  return Uint16Array.from({ length: images }, (_, image) => {
    let best = image * classes;
    for (let at = best + 1; at < (image + 1) * classes; at++) if (outputs[at]! > outputs[best]!) best = at;
    return best - image * classes;
  });
}

/** The classes that `images` has any of, in their order, with the share of each that is predicted. */
export function classAccuracies(
  { count, labels, classNames }: Pick<ImageSet, 'count' | 'labels' | 'classNames'>,
  unpruned: Uint16Array,
  pruned: Uint16Array,
): readonly ClassAccuracy[] {
  const counts = new Map<number, { images: number; unpruned: number; pruned: number }>();
  for (let image = 0; image < count; image++) {
    const label = labels![image]!;
    const of = counts.get(label) ?? { images: 0, unpruned: 0, pruned: 0 };
    counts.set(label, {
      images: of.images + 1,
      unpruned: of.unpruned + Number(unpruned[image] === label),
      pruned: of.pruned + Number(pruned[image] === label),
    });
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([label, of]) => ({
      name: classNames?.[label] ?? String(label),
      images: of.images,
      unpruned: of.unpruned / of.images,
      pruned: of.pruned / of.images,
    }));
}
