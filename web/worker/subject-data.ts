/** The data that a search runs on: the bundled digits, or those of a visitor. */
import {
  digitsFor,
  loadFileReaders,
  type ImageSet,
  type Model,
  type SplitName,
  type Splits,
} from 'masksearch/browser';
import type { DataView, GivenFile } from '../src/protocol.ts';
import { namesOf } from '../src/subject/file-names.ts';
import type { BundledData } from './bundled-data.ts';
import { readAll } from './given-files.ts';

/** Rows and columns of a bundled digit. */
export const DIGIT_SIDE = 28;

export interface SubjectData {
  readonly view: DataView;
  readonly test: ImageSet;
  /** Those that a search on this split needs, which may repair weights. */
  readonly splits: (split: SplitName | undefined, repairs: boolean) => Promise<Splits>;
}

const DIGITS_VIEW: DataView = {
  name: 'the bundled digits',
  shape: '1 × 28 × 28 bytes',
  counts: { search: 2000, train: 6000, test: 2000 },
  isHalved: false,
  notes: [],
  areDigits: true,
  classNames: undefined,
  canBeDrawn: true,
};

/** Rejects with 'bad-input' for a network that needs data of its own. */
export async function bundledDigits(bundled: BundledData, { network }: Model): Promise<SubjectData> {
  const test = await bundled.images('test');
  const fitting = digitsFor(network, { train: test, search: test, test });
  return {
    view: DIGITS_VIEW,
    test: fitting.test,
    splits: async (split, repairs) => digitsFor(network, await bundled.splits(split, repairs)),
  };
}

/**
 * Rejects with 'bad-input' for files that are damaged or do not fit the network.
 *
 * @param labelColumn of tables: the name or number of the column with the labels
 */
export async function dataOf(
  files: readonly GivenFile[],
  { network, task }: Model,
  labelColumn: string | undefined,
): Promise<SubjectData> {
  const { readDataset } = await loadFileReaders();
  const { notes, ...splits } = await readDataset(await readAll(files), { network, task, labelColumn });
  const { search, train, test } = splits;
  return {
    view: {
      name: namesOf(files),
      shape: shapeText(test),
      counts: { search: search.count, train: train.count, test: test.count },
      isHalved: train === search,
      notes,
      areDigits: false,
      classNames: test.classNames,
      canBeDrawn: (test.channels ?? 1) === 1 && test.height === DIGIT_SIDE && test.width === DIGIT_SIDE,
    },
    test,
    splits: () => Promise.resolve(splits),
  };
}

function shapeText({ channels = 1, height, width, pixels }: ImageSet): string {
  return `${channels} × ${height} × ${width} ${pixels instanceof Uint8Array ? 'bytes' : 'numbers'}`;
}
