/** What an option is that comes as text: from a command line, an address or a form. */

/** An option that takes a value, `--name PLACEHOLDER`, or with `flag` none. */
export interface Option<T> {
  readonly placeholder: string;
  /** The line of help, with the default. */
  readonly description: string;
  readonly flag?: true;
  /** Throws 'bad-input' for a text that is no such value. */
  parse(text: string, name: string): T;
}

/** Options by name in camelCase, which the command line spells with hyphens. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** Values of the options that were given. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]?: Table[Name] extends Option<infer T> ? T : never;
};

/** `mutationRate` as `mutation-rate`. */
export function hyphenated(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
