/** Files as somebody gives them to a command, and what reads them. */
import { MasksearchError } from '../../../src/core/error.ts';
import { networkFrom } from '../../../src/formats/architecture.ts';
import { readDataset } from '../../../src/formats/datasets/read.ts';
import { draftArchitecture } from '../../../src/formats/draft-architecture.ts';
import { kindOfFile } from '../../../src/formats/kind-of-file.ts';
import { filesBeside, modelFromFile } from '../../../src/formats/model-file.ts';
import { masksFromSafetensors } from '../../../src/formats/safetensors/masks.ts';
import type { Network } from '../../../src/network/network.ts';
import { problemOf } from '../../../src/network/problem.ts';

export interface Given {
  /** The option that takes them. */
  readonly role: 'model' | 'data' | 'masks' | 'architecture';
  /** By their paths in a folder. The first is the file that is named; of data it is the folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** That data and masks are for, or that a file of weights alone is of. */
  readonly network?: Network;
}

/** Reads everything that a command would read of them, and writes a model once. */
export async function read({ role, files, network }: Given): Promise<void> {
  const [name, bytes] = firstOf(files);
  switch (role) {
    case 'model': {
      const file = { name, bytes };
      kindOfFile(file);
      const beside = new Map<string, Uint8Array>();
      for (const path of filesBeside(file)) {
        const found = files.get(path);
        if (!found)
          throw new MasksearchError('bad-input', `the weight file ${path} does not exist`, 'put it there');
        beside.set(path, found);
      }
      const draft = draftArchitecture(file);
      const model = modelFromFile(file, draft && { architecture: network }, beside);
      if (model.container) model.container.read(model.container.write(model.tensors));
      return;
    }
    case 'data':
      await readDataset(
        [...files].map(([path, content]) => ({ name: path, bytes: content })),
        { network: network! },
      );
      return;
    case 'masks':
      masksFromSafetensors(bytes, problemOf(network!).layers);
      return;
    case 'architecture':
      networkFrom(new TextDecoder().decode(bytes));
  }
}

export function firstOf(files: ReadonlyMap<string, Uint8Array>): readonly [string, Uint8Array] {
  const [first] = files;
  if (!first) throw new Error('no file is given');
  return first;
}
