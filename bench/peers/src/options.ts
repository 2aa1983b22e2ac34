/** Command-line options of this package. */
import { parseArgs } from 'node:util';
import { DEVICES, type DeviceName } from 'masksearch/node';

/** What masksearch runs on unless told otherwise: the processor, as its peers do. */
const DEFAULT_DEVICE = 'wasm';

/** The command line is not what it must be. */
export class UsageError extends Error {}

export interface Option {
  /** What stands for the value in the help; empty for a flag. */
  readonly placeholder: string;
  readonly description: string;
}

export const sharedOptions = {
  device: {
    placeholder: 'NAME',
    description: `${DEVICES.join(', ')}: where masksearch runs (${DEFAULT_DEVICE})`,
  },
  help: { placeholder: '', description: 'print this help' },
};

/** Reads options by a table, or prints it and ends the process for --help. Throws UsageError for any other word. */
export function readOptions<Name extends string>(
  command: string,
  table: Readonly<Record<Name, Option>>,
): Readonly<Partial<Record<Name, string | boolean>>> {
  const entries = Object.entries<Option>(table);
  const options = Object.fromEntries(
    entries.map(([name, { placeholder }]) => [
      name,
      { type: placeholder === '' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({ options, strict: true }));
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; see npm run ${command} -- --help`);
  }
  if (values['help'] === true) {
    console.log(`npm run ${command} -- [options]\n`);
    for (const [name, { placeholder, description }] of entries) {
      console.log(`  ${`--${name} ${placeholder}`.padEnd(20)} ${description}`);
    }
    process.exit(0);
  }
  return values as Partial<Record<Name, string | boolean>>;
}

/** A whole number of at least 1. */
export function countOption(name: string, value: string | boolean | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new UsageError(`--${name} is ${value}, it must be a whole number of at least 1`);
}

/** The device of masksearch. */
export function deviceOption(value: string | boolean | undefined): DeviceName {
  if (value === undefined) return DEFAULT_DEVICE;
  const device = DEVICES.find((name) => name === value);
  if (device) return device;
  throw new UsageError(`--device is ${value}, it must be one of ${DEVICES.join(', ')}`);
}

/** Runs a command and sets the exit code: 1 for a failure, 2 for wrong usage. */
export async function runCommand(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    const usage = error instanceof UsageError;
    console.error(usage ? error.message : error);
    process.exitCode = usage ? 2 : 1;
  }
}
