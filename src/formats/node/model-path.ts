/** A model from a path: the file, and those that it needs beside it. */
import { dirname, join } from 'node:path';
import type { Model } from '../../network/model.ts';
import { filesBeside, modelFromFile } from '../model-file.ts';
import type { ModelOptions } from '../model-options.ts';
import { decodeFile, readFileChecked } from './files.ts';

/** Rejects with 'bad-input' for a file that is missing or damaged, and for a network that cannot be pruned here. */
export function readModelPath(path: string, options?: ModelOptions): Promise<Model> {
  return decodeFile(path, 'model', async (bytes) => {
    const file = { name: path, bytes };
    const beside = new Map<string, Uint8Array>();
    for (const name of filesBeside(file))
      beside.set(name, await readFileChecked(join(dirname(path), name), 'weight', 'put it beside the model'));
    return modelFromFile(file, options, beside);
  });
}
