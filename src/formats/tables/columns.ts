/** Which column of a table has the labels. */
import { badOption } from '../../core/options.ts';
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { shown } from '../safetensors/header.ts';
import type { Table } from './csv.ts';

/** What a network takes, and what the caller says of the labels. */
export interface TableNeeds {
  /** Numbers that the network takes for each row. */
  readonly features: number;
  /** Of the network; undefined where labels are no classes. */
  readonly classes: number | undefined;
  /** Name of the column with the labels; or its number, from 1 on. */
  readonly labelColumn: string | undefined;
}

export interface LabelColumn {
  /** Undefined if the table has no labels. */
  readonly column: number | undefined;
  readonly notes: readonly string[];
}

/** Names of such a column, in the order in which they are looked for. */
const NAMES = ['label', 'labels', 'class', 'target', 'y'];
/** Names in a message. */
const MAX_NAMED = 8;

/**
 * The column with the labels: the one that the caller names; else one with such a name; else, where all but one are features, the first or
 * the last. Throws 'bad-input' where that is not clear.
 */
export function labelColumnOf(table: Table, needs: TableNeeds): LabelColumn {
  const { header, columns } = table;
  const { features, labelColumn } = needs;
  if (labelColumn !== undefined) return { column: askedColumn(table, labelColumn), notes: [] };
  const names = header?.map((name) => name.toLowerCase()) ?? [];
  const named = NAMES.find((name) => names.includes(name));
  if (named !== undefined) return { column: names.indexOf(named), notes: [] };
  if (columns === features) return { column: undefined, notes: [] };
  const fix = phrase`name the column with the labels: ${optionName('labelColumn')}`;
  if (columns !== features + 1)
    throw new MasksearchError(
      'bad-input',
      `the table has ${columns} columns${header ? ' and none of the names of labels' : ''}, the network takes ${features} numbers`,
      header ? fix : 'use a table with the numbers that the network takes and a label',
    );
  const found = firstOrLast(table, needs.classes);
  if (found === undefined)
    throw new MasksearchError(
      'bad-input',
      `${header ? `none of the columns ${shown(header.slice(0, MAX_NAMED))}${columns > MAX_NAMED ? ' and so on' : ''} has a name of labels, and the` : 'the table has no header, and its'} first and last column may both be the labels, or neither`,
      fix,
    );
  const place = found === 0 ? 'first' : 'last';
  return {
    column: found,
    notes: [
      `The ${place} of the ${columns} columns of the table is taken as the labels${header ? `: ${shown(header[found])}` : ''}.`,
    ],
  };
}

function askedColumn({ header, columns }: Table, asked: string): number {
  const named = header?.indexOf(asked) ?? -1;
  if (named >= 0) return named;
  const number = /^\d{1,8}$/.test(asked) ? Number(asked) : 0;
  if (number >= 1 && number <= columns) return number - 1;
  const names = header?.slice(0, MAX_NAMED).map((name) => shown(name)) ?? [];
  throw badOption(
    'labelColumn',
    asked,
    header
      ? `a column of the table, ${names.join(', ')}${columns > MAX_NAMED ? ' and so on' : ''}`
      : `the number of a column from 1 to ${columns}, since the table has no header`,
    'pass one',
  );
}

/** Of the two, the one that is text; else the one that has classes; else the one with more of them. Undefined where that is not clear. */
function firstOrLast(table: Table, classes: number | undefined): number | undefined {
  const { columns } = table;
  const candidates = [0, columns - 1];
  const texts = candidates.filter((column) => someIn(table, column, Number.isNaN));
  if (texts.length > 0) return texts.length === 1 ? texts[0] : undefined;
  if (classes === undefined) return undefined;
  const isClass = (value: number) => Number.isInteger(value) && value >= 0 && value <= classes;
  const whole = candidates.filter((column) => !someIn(table, column, (value) => !isClass(value)));
  if (whole.length < 2) return whole[0];
  const [first, last] = whole.map((column) => distinctIn(table, column)) as [number, number];
  if (first === last) return undefined;
  return first > last ? 0 : columns - 1;
}

function someIn({ numbers, columns }: Table, column: number, is: (value: number) => boolean): boolean {
  for (let at = column; at < numbers.length; at += columns) if (is(numbers[at]!)) return true;
  return false;
}

function distinctIn({ numbers, columns }: Table, column: number): number {
  const values = new Set<number>();
  for (let at = column; at < numbers.length; at += columns) values.add(numbers[at]!);
  return values.size;
}
