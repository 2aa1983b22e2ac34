/** Classes in words. */
import type { DataView, Probabilities } from '../protocol.ts';

export class ClassNames {
  readonly #areDigits: boolean;
  readonly #names: readonly string[] | undefined;

  constructor({ areDigits, classNames }: Pick<DataView, 'areDigits' | 'classNames'>) {
    this.#areDigits = areDigits;
    this.#names = classNames;
  }

  /** "7", "ankle boot" */
  of(label: number): string {
    return this.#names?.[label] ?? String(label);
  }

  /** In a sentence: "a 7", "an 8", "“ankle boot”", "class 7". */
  inSentence(label: number): string {
    if (this.#areDigits) return `${label === 8 ? 'an' : 'a'} ${label}`;
    return this.#names ? `“${this.of(label)}”` : `class ${label}`;
  }
}

export const DIGIT_NAMES = new ClassNames({ areDigits: true, classNames: undefined });

export function likeliest(probabilities: Probabilities): number {
  return probabilities.indexOf(Math.max(...probabilities));
}
