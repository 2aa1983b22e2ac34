/** What reads the files that people give, as one module: a page loads it when it is given some. */
export { kindOfFile, type FileKind } from './kind-of-file.ts';
export { filesBeside, modelFormatOf, modelFromFile } from './model-file.ts';
export { architectureJson, draftArchitecture } from './draft-architecture.ts';
export { readDataset } from './datasets/read.ts';
