/** CSV as a table of numbers, with the texts of some columns. Commas, semicolons or tabs; quotes as in RFC 4180. */
import { checkArrayBytes, damagedFile } from '../arrays/array.ts';
import { shown } from '../safetensors/header.ts';

export interface Table {
  /** The first row, if it names the columns. */
  readonly header: readonly string[] | undefined;
  readonly rows: number;
  readonly columns: number;
  /** [row, column]; NaN for a field that is no number. */
  readonly numbers: Float32Array;
  /** Fields of a column as text. */
  readonly textsOf: (column: number) => readonly string[];
}

const [TAB, LF, CR, SPACE, QUOTE, COMMA, ZERO, NINE, SEMICOLON] = [9, 10, 13, 32, 34, 44, 48, 57, 59];
const DELIMITERS = [COMMA, SEMICOLON, TAB];
/** Digits that add up without rounding. */
const MAX_DIGITS = 15;
/** Characters of a number at the most. */
const MAX_NUMBER = 64;
/** Bytes of a field at the most. */
const MAX_FIELD = 2 ** 16;
const MAX_COLUMNS = 2 ** 20;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The table in a CSV file. Throws 'bad-input' for an empty file, for rows of different lengths and for quotes that do not end. The first
 * row is a header if it has text in a column in which the second has a number.
 */
export function parseCsv(file: Uint8Array): Table {
  const start = file[0] === 0xef && file[1] === 0xbb && file[2] === 0xbf ? 3 : 0;
  const scanner = new Scanner(file, start);
  const first = scanner.row();
  if (!first) throw damagedFile('the CSV file has no rows');
  const columns = first.length;
  const dataStart = scanner.at;
  const isHeader =
    scanner.row()?.some((number, column) => !Number.isNaN(number) && Number.isNaN(first[column] ?? 0)) ??
    false;
  scanner.restart();
  const header = isHeader ? scanner.texts() : undefined;
  const { numbers, rows } = numbersOf(scanner, columns, isHeader ? 2 : 1);
  if (rows === 0) throw damagedFile('the CSV file has a header and no rows');
  return {
    ...{ header, rows, columns, numbers },
    textsOf(column) {
      if (isHeader) scanner.at = dataStart;
      else scanner.restart();
      return Array.from({ length: rows }, () => scanner.textIn(column));
    },
  };
}

function numbersOf(scanner: Scanner, columns: number, firstRow: number) {
  const capacity = scanner.mostRows(columns);
  checkArrayBytes('the table, as float32,', capacity * columns * 4);
  const numbers = new Float32Array(capacity * columns);
  let at = 0;
  let rows = 0;
  while (scanner.skipToRow()) {
    let column = 0;
    do {
      if (column === columns) break;
      numbers[at++] = scanner.number();
      column++;
    } while (scanner.next());
    if (column < columns || !scanner.isAtEndOfRow)
      throw damagedFile(
        `row ${rows + firstRow} of the CSV file has ${column < columns ? column : `more than ${columns}`} fields, the first has ${columns}`,
      );
    rows++;
  }
  return { numbers: numbers.subarray(0, at), rows };
}

/** Reads a file field by field. */
class Scanner {
  readonly #file: Uint8Array;
  readonly #start: number;
  readonly #delimiter: number;
  readonly #decoder = new TextDecoder();
  /** Whether the field that was read last is the last of its row. */
  isAtEndOfRow = true;
  at: number;

  constructor(file: Uint8Array, start: number) {
    this.#file = file;
    this.#start = start;
    this.at = start;
    this.#delimiter = delimiterOf(file, start);
  }

  restart(): void {
    this.at = this.#start;
  }

  /** Rows from here on at the most: each has a byte for each column, and ends. */
  mostRows(columns: number): number {
    let lines = 1;
    for (let i = this.at; i < this.#file.length; i++) {
      const byte = this.#file[i];
      if (byte === LF || (byte === CR && this.#file[i + 1] !== LF)) lines++;
    }
    return Math.min(lines, Math.ceil((this.#file.length - this.at + 1) / columns));
  }

  /** Goes over empty lines; false at the end of the file. */
  skipToRow(): boolean {
    const file = this.#file;
    while (file[this.at] === LF || file[this.at] === CR) this.at++;
    return this.at < file.length;
  }

  /** The numbers of the next row; undefined at the end of the file. */
  row(): readonly number[] | undefined {
    if (!this.skipToRow()) return undefined;
    const numbers: number[] = [];
    do {
      if (numbers.length === MAX_COLUMNS)
        throw damagedFile(`a row of the CSV file has more than ${MAX_COLUMNS} fields`);
      numbers.push(this.number());
    } while (this.next());
    return numbers;
  }

  /** The fields of the next row, which were counted before. */
  texts(): readonly string[] {
    this.skipToRow();
    const texts: string[] = [];
    do texts.push(this.#text());
    while (this.next());
    return texts;
  }

  /** The text of a column of the next row, whose fields were counted before. */
  textIn(column: number): string {
    this.skipToRow();
    let text = '';
    for (let i = 0; ; i++) {
      if (i === column) text = this.#text();
      else this.#skip();
      if (!this.next()) return text;
    }
  }

  /** Goes over what ends a field; false if that ends the row too. */
  next(): boolean {
    const byte = this.#file[this.at];
    this.isAtEndOfRow = byte !== this.#delimiter;
    if (this.at < this.#file.length) this.at++;
    return !this.isAtEndOfRow;
  }

  /** The number of the field that starts here; NaN if it is none. */
  number(): number {
    const file = this.#file;
    let value = 0;
    let i = this.at;
    for (; i < file.length; i++) {
      const byte = file[i]!;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
    }
    const digits = i - this.at;
    if (digits > 0 && digits <= MAX_DIGITS && this.#ends(i)) {
      this.at = i;
      return value;
    }
    // Decoding takes long, and a table may be all commas.
    if (digits === 0 && this.#ends(i)) return NaN;
    const text = this.#text();
    return text.length <= MAX_NUMBER && NUMBER.test(text) ? Number(text) : NaN;
  }

  #ends(at: number): boolean {
    const byte = this.#file[at];
    return byte === undefined || byte === this.#delimiter || byte === LF || byte === CR;
  }

  /** Without blanks around it, which are none of a number or a name. */
  #text(): string {
    const begin = this.at;
    if (this.#isQuoted()) return this.#quoted().trim();
    this.#skip();
    if (this.at - begin > MAX_FIELD) throw this.#tooLong();
    return this.#decoder.decode(this.#file.subarray(begin, this.at)).trim();
  }

  /** Goes to the end of the field. */
  #skip(): void {
    if (this.#isQuoted()) this.#quoted();
    else while (!this.#ends(this.at)) this.at++;
  }

  /** Goes to the quote before a field, if there is one. */
  #isQuoted(): boolean {
    let i = this.at;
    while (this.#file[i] === SPACE) i++;
    if (this.#file[i] !== QUOTE) return false;
    this.at = i;
    return true;
  }

  #quoted(): string {
    const file = this.#file;
    const begin = this.at + 1;
    let end = begin;
    // Two quotes are one in the text.
    while (end < file.length && (file[end] !== QUOTE || file[end + 1] === QUOTE))
      end += file[end] === QUOTE ? 2 : 1;
    if (end - begin > MAX_FIELD) throw this.#tooLong();
    if (end >= file.length) throw damagedFile('the CSV file ends within quotes');
    this.at = end + 1;
    while (file[this.at] === SPACE) this.at++;
    const text = this.#decoder.decode(file.subarray(begin, end)).replaceAll('""', '"');
    if (!this.#ends(this.at)) throw damagedFile(`the CSV file has text behind the quotes of ${shown(text)}`);
    return text;
  }

  #tooLong(): Error {
    return damagedFile(`the CSV file has a field of more than ${MAX_FIELD} bytes`);
  }
}

/** The one that the first row has most of, outside of quotes. */
function delimiterOf(file: Uint8Array, start: number): number {
  const counts = DELIMITERS.map(() => 0);
  let isQuoted = false;
  for (let i = start; i < file.length; i++) {
    const byte = file[i]!;
    if (byte === QUOTE) isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (byte === LF || byte === CR) break;
    const index = DELIMITERS.indexOf(byte);
    if (index >= 0) counts[index]!++;
  }
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}
