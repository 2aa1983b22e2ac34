/** Labels that are text: the names of classes. */
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';

/** Names that a note lists. */
const MAX_LISTED = 30;

export interface TextClasses {
  /** Class of each text, by set. */
  readonly indices: readonly Uint16Array[];
  /** By class, in alphabetical order: that of their UTF-16 code units. */
  readonly names: readonly string[];
  /** A sentence that lists the classes. */
  readonly note: string;
}

/**
 * The classes of all texts of a data set. Throws 'bad-input' unless there are as many names as the network has classes: with a name
 * missing, all after it would be other classes. `name` is that of the labels, for the message.
 */
export function classesOfTexts(
  sets: readonly (readonly string[])[],
  classes: number,
  name: string,
): TextClasses {
  const names = [...new Set(sets.flat())].sort();
  if (names.length !== classes) {
    throw new MasksearchError(
      'bad-input',
      `${name}: the labels are text with ${names.length} different values, ${shown(names)}, the network has ${classes} classes`,
      'use data with the classes of the network, or number them',
    );
  }
  const classOf = new Map(names.map((name, index) => [name, index]));
  const listed = names.slice(0, MAX_LISTED).map((name, index) => `${index} ${shown(name)}`);
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return {
    indices: sets.map((texts) => Uint16Array.from(texts, (text) => classOf.get(text)!)),
    names,
    note: `The labels are text, the classes are in alphabetical order: ${listed.join(', ')}${more}.`,
  };
}
