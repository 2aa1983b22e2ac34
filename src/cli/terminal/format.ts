/** Numbers and tables as the command line prints them. */
import { plain } from '../../report/text/numbers.ts';

export { count, fixed, nats } from '../../report/text/numbers.ts';
export { textTable as table } from '../../report/text/text-table.ts';

export const { percent } = plain;

export const duration = (seconds: number) => plain.duration(seconds, 'short');
