/** Files that a visitor gave: which is the model, which lie beside it, and which hold the data. */
import {
  checkPrunable,
  RUN_FILES,
  withWeightFiles,
  loadFileReaders,
  MasksearchError,
  phrase,
  type FileKind,
  type Model,
  type ModelOptions,
  type NamedFile,
} from 'masksearch/browser';
import type { Added, Given } from '../src/protocol.ts';

type Readers = Awaited<ReturnType<typeof loadFileReaders>>;

/** The files that are in use once these are added, and what is not used of them, in sentences. Rejects with 'bad-input'. */
export async function withAdded(
  given: Given,
  { files, as }: Added,
): Promise<{ readonly given: Given; readonly notes: readonly string[] }> {
  if (files.length === 0) return { given: { ...given, ...(as && { [as]: [] }) }, notes: [] };
  const readers = await loadFileReaders();
  const read = await readAll(files);
  const kinds = read.map((file) => kindAs(as, read.length, file, readers.kindOfFile(file)));
  const data = files.filter((_, i) => kinds[i] === 'data');
  const main = mainModel(read.filter((_, i) => kinds[i] === 'model'));
  const isBeside = besideOf(readers, main);
  const model = main ? [files[read.indexOf(main)]!] : [];
  const beside = files.filter(({ name }, i) => read[i] !== main && isBeside(name));
  const ownData = data.filter((file) => !beside.includes(file));
  const unused = files.filter((file) => ![...model, ...beside, ...ownData].includes(file));
  if (model.length === 0 && ownData.length === 0)
    throw new MasksearchError(
      'bad-input',
      `${inWords(files)} neither a model nor data`,
      'give a model as ONNX, Keras, TensorFlow.js, TFLite, PyTorch or safetensors, or data as npz, npy, safetensors, IDX, CSV or CIFAR',
    );
  return {
    given: {
      ...given,
      ...(model.length > 0 && { model: [...model, ...beside] }),
      ...(ownData.length > 0 && { data: ownData }),
    },
    notes: unused.length > 0 ? [`Not used: ${namesOf(unused)}.`] : [],
  };
}

/** What a file is that was chosen as something, which decides where its content leaves it open. */
function kindAs(
  as: FileKind | undefined,
  files: number,
  { name }: NamedFile,
  kind: FileKind | undefined,
): FileKind | undefined {
  if (as === 'data') return /\.onnx$/i.test(name) ? 'model' : 'data';
  return kind ?? (files === 1 ? 'model' : undefined);
}

const inWords = (files: readonly File[]) =>
  files.length === 1 ? `the file ${namesOf(files)} is` : `the files ${namesOf(files)} are`;

/** The only model among files. ONNX goes first: weights beside it may look like another. */
function mainModel(models: readonly NamedFile[]): NamedFile | undefined {
  const named = models.filter(({ name }) => /\.onnx$/i.test(name));
  const [first, second] = named.length > 0 ? named : models;
  if (!second) return first;
  throw new MasksearchError(
    'bad-input',
    `there are two models, ${first!.name} and ${second.name}`,
    'give one model at a time',
  );
}

const besideOf = (readers: Readers, main: NamedFile | undefined) => {
  const locations = main ? named(main, () => readers.filesBeside(main)) : [];
  return (name: string) => locations.some((location) => lastPart(location) === name);
};

/** The model in the first of the files, with the others beside it. Rejects with 'bad-input'. */
export async function modelOf(files: readonly File[], options: ModelOptions): Promise<Model> {
  const readers = await loadFileReaders();
  const [main, ...others] = (await readAll(files)) as [NamedFile, ...NamedFile[]];
  return named(main, () => {
    const beside = new Map(
      readers.filesBeside(main).map((location) => {
        const file = others.find(({ name }) => name === lastPart(location));
        if (file) return [location, file.bytes] as const;
        throw new MasksearchError(
          'bad-input',
          `it keeps its weights in another file, ${location}, which was not given`,
          'choose or drop both files together',
        );
      }),
    );
    const model = readers.modelFromFile(main, options, beside);
    // Weights must not lie in a file that a run writes.
    withWeightFiles(RUN_FILES, model);
    checkPrunable(model);
    return model;
  });
}

/** Files have no folders here. */
const lastPart = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** Fields that the page has for options of a model; others stand in its file. */
const FIELDS = ['mean', 'std', 'scale', 'task'];

/** `read()`, with the file in front of the message of a MasksearchError. */
function named<T>({ name }: NamedFile, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MasksearchError) || FIELDS.includes(error.option ?? '')) throw error;
    const { code, phrases } = error;
    throw new MasksearchError(code, phrase`the file ${name} is no model: ${phrases.message}`, phrases.fix, {
      cause: error,
    });
  }
}

export function readAll(files: readonly File[]): Promise<readonly NamedFile[]> {
  return Promise.all(
    files.map(async (file) => {
      const { name } = file;
      try {
        return { name, bytes: new Uint8Array(await file.arrayBuffer()) };
      } catch (error) {
        throw new MasksearchError(
          'bad-input',
          `the file ${name} cannot be read (${(error as Error).message})`,
          'choose it again; a folder cannot be read',
          { cause: error },
        );
      }
    }),
  );
}

export const namesOf = (files: readonly { readonly name: string }[]) =>
  files.map(({ name }) => name).join(', ');
