/** Numbers and tables as the command line prints them. */
import { plain } from '../../report/text/numbers.ts';

export { count, fixed, nats } from '../../report/text/numbers.ts';
export { textTable as table } from '../../report/text/text-table.ts';

export const { percent } = plain;

export const duration = (seconds: number) => plain.duration(seconds, 'short');

/** A name of at most so many characters, its middle replaced by an ellipsis if it is longer. */
export function shortened(name: string, most: number): string {
  if (name.length <= most) return name;
  const end = Math.floor((most - 1) / 2);
  return `${name.slice(0, most - 1 - end)}…${name.slice(name.length - end)}`;
}
