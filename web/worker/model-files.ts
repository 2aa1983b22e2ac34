/** The model in a visitor's files; of weights without a network, a draft of it. */
import {
  checkPrunable,
  loadFileReaders,
  MasksearchError,
  phrase,
  RUN_FILES,
  withWeightFiles,
  type Model,
  type ModelOptions,
  type NamedFile,
} from 'masksearch/browser';
import type { ArchitectureDraft, GivenFile } from '../src/protocol.ts';
import { liesAt, readAll } from './given-files.ts';

export interface Known {
  readonly name: string;
  readonly format: string;
  readonly model: Model;
}

/** A file of weights whose network must be given. */
export interface Unknown {
  readonly name: string;
  readonly format: string;
  readonly draft: ArchitectureDraft;
}

/** The model in the first of the files, with the others beside it. Rejects with 'bad-input'. */
export async function modelOf(files: readonly GivenFile[], options: ModelOptions): Promise<Known | Unknown> {
  const readers = await loadFileReaders();
  const [main, ...others] = (await readAll(files)) as [NamedFile, ...NamedFile[]];
  const { name } = main;
  const format = readers.modelFormatOf(main)?.name ?? 'safetensors';
  return named(main, options, () => {
    const beside = new Map(
      readers.filesBeside(main).map((location) => {
        const file = others.find((other) => liesAt(other.name, name, location));
        if (file) return [location, file.bytes] as const;
        throw new MasksearchError(
          'bad-input',
          `it keeps its weights in another file, ${location}, which was not given`,
          'choose or drop both files together',
        );
      }),
    );
    try {
      const model = readers.modelFromFile(main, options, beside);
      // Weights must not lie in a file that a run writes.
      withWeightFiles(RUN_FILES, model);
      checkPrunable(model);
      return { name, format, model };
    } catch (error) {
      const draft =
        options.architecture === undefined && lacksNetwork(error) && readers.draftArchitecture(main);
      if (!draft) throw error;
      const { network, open } = draft;
      // The questions are shown beside it: who applies the network has answered them.
      return { name, format, draft: { json: readers.architectureJson(network), open } };
    }
  });
}

/** Whether the error asks for the network, or for how a LeNet-5 pools. */
const lacksNetwork = (error: unknown) =>
  error instanceof MasksearchError && (error.related.includes('architecture') || error.option === 'pooling');

/** Fields that the page has for options of a model; others stand in its file. */
const FIELDS = ['mean', 'std', 'scale', 'task', 'flatten'];

/** `read()`, with the file in front of the message of a MasksearchError. */
function named<T>({ name }: NamedFile, { architecture }: ModelOptions, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MasksearchError) || FIELDS.includes(error.option ?? '')) throw error;
    const { code, phrases } = error;
    const { message, fix } = phrases;
    const where =
      architecture === undefined
        ? phrase`the file ${name} is no model: ${message}`
        : phrase`with this network for the weights of ${name}, ${message}`;
    throw new MasksearchError(code, where, fix, { cause: error });
  }
}
