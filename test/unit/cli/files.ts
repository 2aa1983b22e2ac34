/** Input files for the command line, valid and damaged. */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import { takeImages, type ByteImages } from '../../../src/data/dataset.ts';
import { decodeSafetensors, type Safetensors } from '../../../src/formats/safetensors/tensors.ts';
import { BUNDLED_MODEL, loadMnist } from '../../../src/node.ts';
import type { PruneResult } from '../../../src/report/run/result.ts';
import { inFolder } from '../../helpers/cli.ts';
import { idx } from '../../helpers/data/idx.ts';

/** The files of a run of the article's search, sorted: it has no front. */
export const PAPER_FILES = [
  'history.csv',
  'masks.safetensors',
  'pruned.safetensors',
  'report.html',
  'result.json',
];

/** The files of a run of preset tuned, sorted. */
export const TUNED_FILES = ['front.csv', 'front.safetensors', ...PAPER_FILES];

export interface IdxSizes {
  /** A fifth of them is the search split. */
  readonly training?: number;
  readonly test?: number;
}

/** The four files of a data folder with bundled digits, by their usual names. */
export async function idxFiles({ training = 200, test = 30 }: IdxSizes = {}): Promise<
  Record<string, Uint8Array>
> {
  const splits = await loadMnist();
  return {
    ...pair('train', takeImages(splits.search, training)),
    ...pair('t10k', takeImages(splits.test, test)),
  };
}

function pair(
  stem: string,
  { count, height, width, pixels, labels }: ByteImages,
): Record<string, Uint8Array> {
  return {
    [`${stem}-images-idx3-ubyte`]: idx([count, height, width], pixels),
    [`${stem}-labels-idx1-ubyte`]: idx([count], labels),
  };
}

/** Writes a data folder; `gzip` packs its files. */
export async function writeDigits(
  dir: string,
  { gzip = false, ...sizes }: IdxSizes & { gzip?: boolean } = {},
): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, bytes] of Object.entries(await idxFiles(sizes))) {
    await writeFile(join(dir, gzip ? `${name}.gz` : name), gzip ? gzipSync(bytes) : bytes);
  }
}

/** A folder with `digits`, of which 40 are to search with and 30 to test on; removed after the tests of the file. */
export async function digitsFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'masksearch-cli-'));
  await writeDigits(join(dir, 'digits'));
  test.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** `action` in a new folder with `digits`, which is removed afterwards. */
export const withDigits = (action: (cwd: string) => Promise<void>, sizes?: IdxSizes) =>
  inFolder(async (cwd) => {
    await writeDigits(join(cwd, 'digits'), sizes);
    await action(cwd);
  });

/** What a run has left in its folder. */
export const readResult = async (folder: string) =>
  JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')) as PruneResult;

/** The rows of a file of comma-separated values, as texts; the first has the names of the columns. */
export const readRows = async (file: string) =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));

export function readBundledModel(): Promise<Uint8Array> {
  return readFile(BUNDLED_MODEL);
}

export async function readTensors(path: string): Promise<Safetensors['tensors']> {
  return decodeSafetensors(await readFile(path)).tensors;
}

interface RawTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array;
}

/** A safetensors file without any check. */
export function rawSafetensors(
  tensors: ReadonlyMap<string, RawTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  const parts: Uint8Array[] = [];
  let begin = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    header[name] = { dtype, shape, data_offsets: [begin, (begin += bytes.length)] };
    parts.push(bytes);
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}

/** The bundled model's tensors after `change`, as a checkpoint that says how it pools. */
export async function changedModel(change: (tensors: Map<string, RawTensor>) => void): Promise<Uint8Array> {
  const tensors = new Map<string, RawTensor>(await readTensors(BUNDLED_MODEL));
  change(tensors);
  return rawSafetensors(tensors, { pooling: 'average' });
}

/** Masks that keep everything after `change`, as such a file. */
export async function changedMasks(change: (tensors: Map<string, RawTensor>) => void): Promise<Uint8Array> {
  const masks = [...(await readTensors(BUNDLED_MODEL))]
    .filter(([name]) => name.endsWith('.weight'))
    .map(([name, { shape, data }]): [string, RawTensor] => [
      name,
      { dtype: 'U8', shape, data: new Uint8Array(data.length).fill(1) },
    ]);
  const tensors = new Map(masks);
  change(tensors);
  return rawSafetensors(tensors);
}
