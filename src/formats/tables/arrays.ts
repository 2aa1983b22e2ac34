/** A table as arrays of features and labels. */
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';
import type { DecodedArray, NumberArray } from '../arrays/array.ts';
import type { Table } from './csv.ts';

/** [row, column] of all columns but one. Throws 'bad-input' for a field that is no number. */
export function featuresOf(table: Table, labels: number | undefined): NumberArray {
  const { numbers, rows, columns } = table;
  const width = labels === undefined ? columns : columns - 1;
  const values = new Float32Array(rows * width);
  let to = 0;
  for (let at = 0; at < numbers.length; at++) {
    const column = at % columns;
    if (column === labels) continue;
    const value = numbers[at]!;
    if (Number.isNaN(value)) throw noNumber(table, Math.floor(at / columns), column);
    values[to++] = value;
  }
  return { shape: [rows, width], numbers: values };
}

/** [row]: numbers, or texts where one of them is no number. */
export function labelsOf(table: Table, column: number): DecodedArray {
  const { numbers, rows, columns } = table;
  const values = new Float32Array(rows);
  for (let row = 0; row < rows; row++) values[row] = numbers[row * columns + column]!;
  if (!values.some(Number.isNaN)) return { shape: [rows], numbers: values };
  const texts = table.textsOf(column);
  const empty = texts.indexOf('');
  if (empty >= 0) throw noNumber(table, empty, column);
  return { shape: [rows], texts };
}

/** Whether numbers are those of pixels: whole, and from 0 to exactly 255. */
export function areBytes({ numbers }: NumberArray): { readonly fit: boolean; readonly reach: boolean } {
  let most = 0;
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i]!;
    if (!(Number.isInteger(value) && value >= 0 && value <= 255)) return { fit: false, reach: false };
    most = Math.max(most, value);
  }
  return { fit: true, reach: most === 255 };
}

function noNumber(table: Table, row: number, column: number): MasksearchError {
  const { header } = table;
  const text = table.textsOf(column)[row] ?? '';
  const name = header ? shown(header[column]) : `column ${column + 1}`;
  return new MasksearchError(
    'bad-input',
    `row ${row + (header ? 2 : 1)} has ${text === '' ? 'nothing' : shown(text)} as ${name}, only numbers are allowed beside the labels`,
    'fill it in, or leave the row or column out',
  );
}
