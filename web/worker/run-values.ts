import { imagesOption, MasksearchError, runOptions, splitOption, type RunValues } from 'masksearch/browser';
import type { OptionTexts } from '../src/protocol.ts';

const table = { ...runOptions, ...splitOption, ...imagesOption };

/** Reads options as the command line does. Throws 'bad-input' for one that there is not, and for a bad value. */
export function runValues(texts: OptionTexts): RunValues {
  const values = Object.entries(texts).map(([name, text]) => {
    const option = Object.hasOwn(table, name) ? table[name as keyof typeof table] : undefined;
    if (!option) {
      throw new MasksearchError('bad-input', `there is no option ${name}`, 'take it out of the address', {
        option: name,
      });
    }
    return [name, option.parse(text, name)] as const;
  });
  return Object.fromEntries(values);
}
