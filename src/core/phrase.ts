/**
 * Text in which names of options stand as data, so that every reader gets them in the spelling of the place where the text is shown:
 * `mutationRate` in the library, `--mutation-rate` on the command line, the label of a field in a form.
 */

/** The name of an option within a phrase, in camelCase. */
export interface OptionName {
  readonly option: string;
}

/** Parts of a text, in order. Plain data: it can be sent to another thread. */
export type Phrase = readonly (string | OptionName)[];

/** How the name of an option is written in some place. */
export type Speller = (option: string) => string;

/** An option in a phrase: `` phrase`pass a larger ${optionName('maxLoss')}` ``. */
export function optionName(option: string): OptionName {
  return { option };
}

/** Makes a phrase from a template. A phrase among the values becomes part of it. */
export function phrase(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | boolean | OptionName | Phrase)[]
): Phrase {
  return texts.flatMap((text, i) => {
    const value = values[i];
    if (value === undefined) return [text];
    return [text, ...(typeof value === 'object' ? [value].flat() : [String(value)])];
  });
}

/** The text of a phrase; without a speller, options are written in camelCase. */
export function spell(words: string | Phrase, speller: Speller = (option) => option): string {
  if (typeof words === 'string') return words;
  return words.map((part) => (typeof part === 'string' ? part : speller(part.option))).join('');
}

/** Names of the options in phrases, each once. */
export function optionsIn(...phrases: readonly (string | Phrase)[]): readonly string[] {
  const parts = phrases.flatMap((words) => (typeof words === 'string' ? [] : words));
  return [...new Set(parts.flatMap((part) => (typeof part === 'string' ? [] : [part.option])))];
}
