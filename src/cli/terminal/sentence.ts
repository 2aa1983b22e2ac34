import { MasksearchError } from '../../core/error.ts';
import { spell, type Phrase } from '../../core/phrase.ts';
import { hyphenated } from '../../pruning/options/option.ts';

/** An error as one line: what happened and what to do. Control characters, which a file name may have, are escaped. */
export function sentence(error: unknown): string {
  return escaped(describe(error));
}

/** A warning as one line that ends as a sentence. */
export function warningText(warning: string | Phrase): string {
  return `${escaped(spellOptions(warning))}.`;
}

/** A phrase with options as they are typed. */
export function spellOptions(words: string | Phrase): string {
  return spell(words, spelledOption);
}

const spelledOption = (option: string) => `--${hyphenated(option)}`;

const escaped = (text: string) => text.replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));

function describe(error: unknown): string {
  if (error instanceof MasksearchError) {
    const { message, fix } = error.spelled(spelledOption);
    return `${message}; ${fix}.`;
  }
  const message = error instanceof Error ? error.message : String(error);
  return `an unexpected error, ${message.replace(/\.$/, '')}; run again with --verbose and report it.`;
}
