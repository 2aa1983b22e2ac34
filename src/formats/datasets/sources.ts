/** Files of a data set as arrays with roles: images or labels, of the training set, the test set or the only set. */
import type { Network, Shape } from '../../network/network.ts';
import { elementsOf } from '../../network/shapes.ts';
import { maxInflated, type ArrayFile, type DecodedArray, type NumberArray } from '../arrays/array.ts';
import { openArrays } from '../arrays/open.ts';
import { gunzip, isGzip } from '../gunzip.ts';
import { imageTypeOf } from '../images/size.ts';
import { withPathInErrors } from '../path-in-errors.ts';
import { shown } from '../safetensors/header.ts';
import { areBytes, featuresOf, labelsOf } from '../tables/arrays.ts';
import { labelColumnOf, type TableNeeds } from '../tables/columns.ts';
import { parseCsv } from '../tables/csv.ts';
import { decodeCifar, joinCifar } from './cifar.ts';
import type { Candidate } from './choose.ts';
import { cifarFile, isTable, roleOfTable, type CifarFile } from './file-roles.ts';
import { classesOfFolder, imagesOfFolder, imageTreeOf } from './image-tree.ts';
import { nameOf, type NamedBytes } from './paths.ts';
import { partOf, roleOf, type Kind, type Part } from './roles.ts';

/** An array in one of the files. */
export interface Source extends Candidate {
  /** For messages: the path of the file, and the name of the array where it has one. */
  readonly label: string;
  readonly read: ArrayFile['read'];
}

export interface Sources {
  readonly sources: readonly Source[];
  /** Sentences on what was assumed. */
  readonly notes: readonly string[];
}

/** What decides how files are read that do not say it themselves. */
export interface SourceNeeds {
  readonly network: Pick<Network, 'input'>;
  readonly classes: number | undefined;
  readonly labelColumn: string | undefined;
}

/** Rejects with 'bad-input' for a file that is damaged or of no format that is read. */
export async function sourcesOf(files: readonly NamedBytes[], needs: SourceNeeds): Promise<Sources> {
  const images: NamedBytes[] = [];
  const tables: NamedBytes[] = [];
  const cifar: (readonly [NamedBytes, CifarFile])[] = [];
  const arrays: NamedBytes[] = [];
  for (const file of files) {
    const ofCifar = cifarFile(file.name);
    if (imageTypeOf(file.bytes)) images.push(file);
    else if (ofCifar) cifar.push([file, ofCifar]);
    else if (isTable(file.name)) tables.push(file);
    else arrays.push(file);
  }
  const found = [
    ...(images.length > 0 ? [imageSources(images, needs.network.input)] : []),
    ...(cifar.length > 0 ? [await cifarSources(cifar)] : []),
    ...(tables.length > 0 ? [await tableSources(tables, files.length > 1, needs)] : []),
    ...(await Promise.all(arrays.map((file) => arraySources(file, files.length > 1)))),
  ];
  return {
    sources: found.flatMap(({ sources }) => sources),
    notes: found.flatMap(({ notes }) => notes),
  };
}

export const decode = ({ label, name, read }: Source): Promise<DecodedArray> =>
  withPathInErrors(label, () => read(name));

async function arraySources({ name: path, bytes }: NamedBytes, oneOfSeveral: boolean): Promise<Sources> {
  const only = nameOf(path);
  const { names, read } = await withPathInErrors(path, () => openArrays(bytes, only));
  const part = oneOfSeveral ? partOf(only) : undefined;
  const sources = names.map((name) => {
    const role = roleOf(name);
    return {
      name,
      role: role && { ...role, part: role.part ?? part },
      label: name === only ? path : `${path} (${shown(name).slice(1, -1)})`,
      read,
    };
  });
  return { sources, notes: [] };
}

/** A table may be gzipped; how long it is, it does not say. */
const unzipped = (bytes: Uint8Array): Uint8Array | Promise<Uint8Array> =>
  isGzip(bytes) ? gunzip(bytes, 0, () => maxInflated(bytes.length)) : bytes;

const NAMES = { images: 'x', labels: 'y' } as const;

/** An array of a kind that a file brings without a name. */
function unnamed(
  kind: Kind,
  part: Part | undefined,
  label: string,
  read: () => DecodedArray | Promise<DecodedArray>,
): Source {
  const name = part === undefined ? NAMES[kind] : `${NAMES[kind]}_${part}`;
  return { name, role: { kind, part, prefix: '' }, label, read: () => Promise.resolve().then(read) };
}

function imageSources(files: readonly NamedBytes[], input: Shape): Sources {
  const { folders, notes } = imageTreeOf(files);
  return {
    sources: folders.flatMap((folder) => [
      unnamed('images', folder.part, '', () => imagesOfFolder(folder, input)),
      unnamed('labels', folder.part, 'the folders of images', () => classesOfFolder(folder)),
    ]),
    notes,
  };
}

async function cifarSources(files: readonly (readonly [NamedBytes, CifarFile])[]): Promise<Sources> {
  const sources: Source[] = [];
  for (const part of ['train', 'test'] as const) {
    // data_batch_10 does not come in between: there are five.
    const ofPart = files
      .filter(([, file]) => file.part === part)
      .sort(([a], [b]) => (a.name < b.name ? -1 : 1));
    if (ofPart.length === 0) continue;
    const decoded = [];
    for (const [{ name, bytes }, file] of ofPart)
      decoded.push(await withPathInErrors(name, () => decodeCifar(bytes, file)));
    const { images, labels } = joinCifar(decoded);
    const label = ofPart[0]![0].name;
    sources.push(
      unnamed('images', part, label, () => images),
      unnamed('labels', part, label, () => labels),
    );
  }
  return { sources, notes: [] };
}

async function tableSources(
  files: readonly NamedBytes[],
  oneOfSeveral: boolean,
  { network, classes, labelColumn }: SourceNeeds,
): Promise<Sources> {
  const needs: TableNeeds = { features: elementsOf(network.input), classes, labelColumn };
  const sources: Source[] = [];
  const features: NumberArray[] = [];
  const notes: string[] = [];
  for (const { name: path, bytes } of files) {
    const file = nameOf(path);
    const part = oneOfSeveral ? partOf(file) : undefined;
    await withPathInErrors(path, async () => {
      const table = parseCsv(await unzipped(bytes));
      const role = roleOfTable(path);
      if (role?.kind === 'labels') {
        const array = table.columns === 1 ? labelsOf(table, 0) : featuresOf(table, undefined);
        sources.push({ name: file, role, label: path, read: () => Promise.resolve(array) });
        return;
      }
      const isWhole = role?.kind === 'images' && table.columns === needs.features;
      const found = isWhole ? { column: undefined, notes: [] } : labelColumnOf(table, needs);
      notes.push(...found.notes);
      const index = features.push(featuresOf(table, found.column)) - 1;
      const images = unnamed('images', role?.part ?? part, path, () => pixels()[index]!);
      sources.push(isWhole ? { ...images, name: file, role } : images);
      if (found.column === undefined) return;
      const labels = labelsOf(table, found.column);
      sources.push(unnamed('labels', role?.part ?? part, path, () => labels));
    });
  }
  const found = features.map(areBytes);
  const isOfBytes = found.every(({ fit }) => fit) && found.some(({ reach }) => reach);
  if (isOfBytes)
    notes.push('The numbers of the table are whole and go from 0 to 255, so they are taken as bytes.');
  const pixels = () =>
    isOfBytes
      ? features.map(({ shape, numbers }) => ({ shape, numbers: Uint8Array.from(numbers) }))
      : features;
  return { sources, notes };
}
