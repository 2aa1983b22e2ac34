/** Names of layers and weights in an .h5. */
import type { Hdf5Object } from '../hdf5/file.ts';

/** The part of the name after the layer's, without the number that TensorFlow adds. */
export const roleOf = (name: string): string => name.split('/').at(-1)!.replace(/:\d+$/, '');

/** Names in an attribute, which Keras splits where it has more than 64 kB. */
export function namesIn(group: Hdf5Object, attribute: string): readonly string[] | undefined {
  const whole = group.texts(attribute);
  if (whole) return whole;
  const parts: string[] = [];
  for (let i = 0; ; i++) {
    const part = group.texts(`${attribute}${i}`);
    if (!part) return parts.length > 0 ? parts : undefined;
    parts.push(...part);
  }
}
