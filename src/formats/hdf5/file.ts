/**
 * HDF5 files as Keras and h5py write them: groups, text attributes, and datasets. Numbers of contiguous ones can be changed in place; one in chunks becomes
 * contiguous when its numbers change. Not read: links by path, groups of many objects in the layout that only `libver='latest'` writes.
 */
import { MasksearchError } from '../../core/error.ts';
import { textsOf } from './attributes.ts';
import { withContiguous } from './contiguous.ts';
import { datasetOf, type Dataset } from './dataset.ts';
import { isGroup, linksIn } from './links.ts';
import { messagesAt, type Message } from './object-header.ts';
import { damaged, Hdf5Reader } from './reader.ts';

export type { Dataset } from './dataset.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

export const isHdf5 = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => bytes[i] === byte);

/** What is shared by all objects of a file. */
interface Opened {
  readonly reader: Hdf5Reader;
  /** Those that were read, by the address of their header: what is in chunks is decoded once. */
  readonly datasets: Map<number, Dataset>;
}

/** A group or a dataset. */
export class Hdf5Object {
  readonly #opened: Opened;
  readonly #address: number;
  readonly #messages: readonly Message[];
  readonly #path: string;
  #links: ReadonlyMap<string, number> | undefined;

  constructor(opened: Opened, address: number, path: string) {
    this.#opened = opened;
    this.#address = address;
    this.#path = path;
    this.#messages = messagesAt(opened.reader, address);
  }

  get isGroup(): boolean {
    return isGroup(this.#messages);
  }

  /** Names of the members of a group. */
  get names(): readonly string[] {
    return [...this.#allLinks().keys()];
  }

  /** What a group contains at a path; undefined if there is nothing. */
  get(path: string): Hdf5Object | undefined {
    const names = path.split('/').filter((name) => name !== '');
    return names.reduce<Hdf5Object | undefined>((found, name) => found?.child(name), this);
  }

  /** What a group contains under a name. */
  child(name: string): Hdf5Object | undefined {
    const address = this.#allLinks().get(name);
    return address === undefined ? undefined : new Hdf5Object(this.#opened, address, `${this.#path}/${name}`);
  }

  #allLinks(): ReadonlyMap<string, number> {
    return (this.#links ??= linksIn(this.#opened.reader, this.#messages));
  }

  /** The texts of an attribute; undefined if there is none of that name. */
  texts(name: string): readonly string[] | undefined {
    return textsOf(this.#opened.reader, this.#messages, name);
  }

  /** Throws 'bad-input' unless this is a dataset of numbers, in one piece or in chunks that can be read. */
  dataset(): Dataset {
    const { reader, datasets } = this.#opened;
    const found = datasets.get(this.#address) ?? datasetOf(reader, this.#messages, this.#path);
    datasets.set(this.#address, found);
    return found;
  }

  /**
   * A copy of the file with other numbers, by the `bytes` of the datasets that were read: the file itself, and those of datasets in chunks, which become
   * contiguous.
   */
  fileWith(changed: ReadonlyMap<Uint8Array, Uint8Array>): Uint8Array {
    const { reader, datasets } = this.#opened;
    const replacements = [...datasets.values()].flatMap((dataset) => {
      const bytes = dataset.chunked && changed.get(dataset.bytes);
      return bytes ? [{ messages: dataset.chunked, bytes }] : [];
    });
    const file = changed.get(reader.file) ?? reader.file;
    return replacements.length > 0 ? withContiguous(file, replacements) : new Uint8Array(file);
  }

  /** The file with all datasets in chunks that were read as contiguous ones; undefined if there are none. */
  fileWithoutChunks(): Uint8Array | undefined {
    const chunked = [...this.#opened.datasets.values()].filter((dataset) => dataset.chunked);
    return chunked.length > 0
      ? this.fileWith(new Map(chunked.map(({ bytes }) => [bytes, bytes])))
      : undefined;
  }
}

/** The root group. Throws 'bad-input' for a damaged file; reading what is in it throws likewise. */
export function openHdf5(file: Uint8Array): Hdf5Object {
  if (!isHdf5(file)) throw damaged('does not start as one');
  const reader = new Hdf5Reader(file);
  const version = reader.u8(8);
  if (version > 3) throw damaged(`is of version ${version}, at most 3 is known`);
  const isOld = version < 2;
  const [offset, length] = isOld ? [13, 14] : [9, 10];
  if (reader.u8(offset) !== 8 || reader.u8(length) !== 8)
    throw new MasksearchError(
      'bad-input',
      `the HDF5 file has addresses of ${reader.u8(offset)} bytes, only 8 are read`,
      'save the model again with Keras',
    );
  const base = isOld ? 24 + 4 * version : 12;
  if (reader.u64(base) !== 0) throw damaged('starts somewhere else than at its first byte');
  return new Hdf5Object({ reader, datasets: new Map() }, reader.u64(isOld ? base + 40 : 36), '');
}
