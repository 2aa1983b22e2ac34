import { MasksearchError } from '../../core/error.ts';
import { hyphenated } from '../options.ts';

/** What happened as one line, whatever the names in it hold. */
export function sentence(error: unknown): string {
  return describe(error).replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));
}

function describe(error: unknown): string {
  if (!(error instanceof MasksearchError)) {
    const message = error instanceof Error ? error.message : String(error);
    return `an unexpected error, ${message.replace(/\.$/, '')}; run again with --verbose and report it.`;
  }
  const { option, related, message, fix } = error;
  // The library spells options as its callers do, in camelCase; values that look like one stay as they are.
  const spell = (words: string, name: string | undefined, where = '') =>
    name === undefined ? words : words.replace(new RegExp(`${where}\\b${name}\\b`), `--${hyphenated(name)}`);
  const spellRelated = (words: string) => related.reduce((text, name) => spell(text, name), words);
  return `${spellRelated(spell(message, option, '^'))}; ${spellRelated(spell(fix, option))}.`;
}
