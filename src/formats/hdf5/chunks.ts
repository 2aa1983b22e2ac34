/** The numbers of a dataset that is stored in chunks, as one piece. */
import { elementsIn } from '../arrays/array.ts';
import { chunkLayoutAt, product, type ChunkLayout } from './chunk-layout.ts';
import { filtersAt, unfiltered, unknownFilter } from './filters.ts';
import { MESSAGE, type Message } from './object-header.ts';
import { damaged, type Hdf5Reader } from './reader.ts';

export interface InChunks {
  readonly shape: readonly number[];
  readonly elementBytes: number;
  readonly layout: Message;
}

/** Row-major, in memory of its own. Throws 'bad-input' for damage, and for more than a file may become; a text for what is not read. */
export function readChunks(
  reader: Hdf5Reader,
  messages: readonly Message[],
  { shape, elementBytes, layout: message }: InChunks,
): Uint8Array | string {
  const found = (type: number) => messages.find((one) => one.type === type && !one.isShared);
  const bytes = elementsIn(shape) * elementBytes;
  reader.countDecoded(bytes, 0);
  const filterMessage = found(MESSAGE.filters);
  const filters = filterMessage ? filtersAt(reader, filterMessage) : [];
  const unknown = unknownFilter(filters);
  if (unknown !== undefined) return `is compressed with the filter ${unknown}`;
  const isFiltered = filters.length > 0;
  const layout = chunkLayoutAt(reader, message.begin, { shape, elementBytes, isFiltered });
  if (typeof layout === 'string') return layout;
  const { sizes, grid, chunks } = layout;
  const chunkBytes = product(sizes) * elementBytes;
  // Chunks are larger than what they hold of the dataset at its edges alone.
  const stored = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  reader.countDecoded(Math.max(0, chunks.length * chunkBytes - bytes), stored);
  const data = new Uint8Array(bytes);
  if (chunks.length < product(grid)) fill(data, fillValueIn(reader, found(MESSAGE.fillValue)), elementBytes);
  for (const { begin, bytes: length, skipped, index } of chunks) {
    reader.check(begin, length);
    const chunk = unfiltered(reader.file.subarray(begin, begin + length), filters, skipped, chunkBytes);
    place(chunk, data, index, layout, { shape, elementBytes });
  }
  return data;
}

/** Bytes that are copied one by one. */
const MAX_LOOP = 64;

/** Copies what a chunk holds of the dataset. */
function place(
  chunk: Uint8Array,
  data: Uint8Array,
  index: number,
  { sizes, grid }: ChunkLayout,
  { shape, elementBytes }: Pick<InChunks, 'shape' | 'elementBytes'>,
): void {
  const rank = shape.length;
  const [counts, chunkSteps, dataSteps] = [[], [], []] as [number[], number[], number[]];
  let [to, chunkStep, dataStep, rest] = [0, elementBytes, elementBytes, index];
  for (let axis = rank - 1; axis >= 0; axis--) {
    const first = (rest % grid[axis]!) * sizes[axis]!;
    rest = Math.floor(rest / grid[axis]!);
    counts[axis] = Math.min(sizes[axis]!, shape[axis]! - first);
    [chunkSteps[axis], dataSteps[axis]] = [chunkStep, dataStep];
    to += first * dataStep;
    chunkStep *= sizes[axis]!;
    dataStep *= shape[axis]!;
  }
  // The last axes that the chunk has whole are one run with the axis before them.
  let [run, axes] = [elementBytes, rank];
  while (axes > 0 && chunkSteps[axes - 1] === run && dataSteps[axes - 1] === run) run *= counts[--axes]!;
  const at = new Array<number>(axes).fill(0);
  for (let from = 0; ;) {
    // A view of a few bytes takes longer than to copy them.
    if (run > MAX_LOOP) data.set(chunk.subarray(from, from + run), to);
    else for (let i = 0; i < run; i++) data[to + i] = chunk[from + i]!;
    let axis = axes - 1;
    for (; axis >= 0; axis--) {
      from += chunkSteps[axis]!;
      to += dataSteps[axis]!;
      if (++at[axis]! < counts[axis]!) break;
      from -= chunkSteps[axis]! * at[axis]!;
      to -= dataSteps[axis]! * at[axis]!;
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** What absent chunks are made of: no bytes for 0. */
function fillValueIn(reader: Hdf5Reader, message: Message | undefined): Uint8Array {
  if (!message) return new Uint8Array(0);
  const { begin } = message;
  const version = reader.u8(begin);
  if (version < 1 || version > 3) throw damaged(`has a fill value of version ${version} at byte ${begin}`);
  const isDefined = version === 3 ? (reader.u8(begin + 1) & 0x20) !== 0 : reader.u8(begin + 3) !== 0;
  if (!isDefined) return new Uint8Array(0);
  const at = begin + (version === 3 ? 2 : 4);
  const length = reader.u32(at);
  reader.check(at + 4, length);
  return reader.file.subarray(at + 4, at + 4 + length);
}

function fill(data: Uint8Array, value: Uint8Array, elementBytes: number): void {
  if (value.every((byte) => byte === 0)) return;
  if (value.length !== elementBytes)
    throw damaged(`has a fill value of ${value.length} bytes for elements of ${elementBytes} bytes`);
  for (let i = 0; i < data.length; i++) data[i] = value[i % elementBytes]!;
}
