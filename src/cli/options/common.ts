import { flag } from '../../pruning/options/kinds.ts';

/** Of every command. */
export const commonOptions = {
  json: flag('print one JSON object on standard output and nothing else'),
  verbose: flag('print the stack of an error'),
  help: flag('print this help'),
};
