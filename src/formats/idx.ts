/** IDX, the file format of MNIST and Fashion-MNIST: big-endian u32 magic number and sizes, then bytes. Plain or gzipped. */
import { MasksearchError } from '../core/error.ts';
import type { ByteImages } from '../data/dataset.ts';
import { gunzip, isGzip } from './gunzip.ts';

export type IdxImages = Omit<ByteImages, 'labels'>;

interface Format {
  readonly what: 'image' | 'label';
  /** Two zero bytes, 8 = unsigned bytes, number of dimensions. */
  readonly magic: number;
  readonly dimensions: readonly string[];
}

const IMAGES: Format = { what: 'image', magic: 0x00000803, dimensions: ['images', 'rows', 'columns'] };
const LABELS: Format = { what: 'label', magic: 0x00000801, dimensions: ['labels'] };

const MAX_SIDE = 1024;
const MAX_BYTES = 2 ** 30;

/** The images of an IDX file, plain or gzipped. Rejects with 'bad-input' unless the file is exactly what its header says. */
export async function decodeIdxImages(bytes: Uint8Array): Promise<IdxImages> {
  const { sizes, data } = await decode(bytes, IMAGES);
  const [count, height, width] = sizes as [number, number, number];
  return { count, height, width, pixels: data };
}

/** The labels of an IDX file, plain or gzipped: one class per image, 0 to 9. Rejects with 'bad-input' for anything else. */
export async function decodeIdxLabels(bytes: Uint8Array): Promise<Uint8Array> {
  const { data } = await decode(bytes, LABELS);
  return data;
}

/** Images with their labels. Throws 'bad-input' unless there is one label, 0 to 9, per image. */
export function labelledImages(images: IdxImages, labels: Uint8Array): ByteImages {
  if (labels.length !== images.count) {
    throw damaged(`there are ${labels.length} labels for ${images.count} images, one per image is allowed`);
  }
  const at = labels.findIndex((label) => label > 9);
  if (at >= 0) throw damaged(`label ${at} is ${labels[at]}, 0 to 9 are allowed`);
  return { ...images, labels };
}

function damaged(message: string): MasksearchError {
  return new MasksearchError('bad-input', message, 'take a fresh copy of the file');
}

async function decode(
  bytes: Uint8Array,
  format: Format,
): Promise<{ sizes: readonly number[]; data: Uint8Array }> {
  const headBytes = 4 + 4 * format.dimensions.length;
  const fileBytes = (head: Uint8Array) => product(readSizes(head, format)) + headBytes;
  const plain = isGzip(bytes) ? await gunzip(bytes, headBytes, fileBytes) : bytes;
  const sizes = readSizes(plain, format);
  const expected = headBytes + product(sizes);
  if (plain.length !== expected) {
    throw damaged(`the ${format.what} file has ${plain.length} bytes, its header allows ${expected}`);
  }
  return { sizes, data: plain.subarray(headBytes) };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

/** The sizes in a header, after checking that the number of bytes they announce is within the limit. */
function readSizes(head: Uint8Array, { what, magic, dimensions }: Format): readonly number[] {
  const headBytes = 4 + 4 * dimensions.length;
  if (head.length < headBytes) {
    throw damaged(`the ${what} file has ${head.length} bytes, its header alone needs ${headBytes}`);
  }
  const view = new DataView(head.buffer, head.byteOffset, headBytes);
  const found = view.getUint32(0);
  if (found !== magic) {
    throw damaged(`the ${what} file starts with magic number ${hex(found)}, only ${hex(magic)} is allowed`);
  }
  const sizes = dimensions.map((_, i) => view.getUint32(4 + 4 * i));
  dimensions.forEach((name, i) => {
    const size = sizes[i]!;
    const most = i === 0 ? MAX_BYTES : MAX_SIDE;
    if (size < 1 || size > most) {
      throw damaged(`the ${what} file announces ${size} ${name}, 1 to ${most} are allowed`);
    }
  });
  if (product(sizes) > MAX_BYTES) {
    throw damaged(`the ${what} file announces ${product(sizes)} pixels, at most ${MAX_BYTES} are allowed`);
  }
  return sizes;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
