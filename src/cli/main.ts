#!/usr/bin/env node
/** The command line: finds the command, and turns every error into one sentence and an exit code. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MasksearchError } from '../search/error.ts';
import { EXIT, type Command } from './command.ts';
import { compare } from './compare.ts';
import { doctor } from './doctor.ts';
import { evaluate } from './evaluate.ts';
import { describeOptions } from './options.ts';
import { prune } from './prune.ts';
import { sentence } from './sentence.ts';
import { trainCommand } from './train.ts';
import { VERSION } from './version.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  prune,
  compare,
  evaluate,
  train: trainCommand,
  doctor,
};

/** Runs one command line and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === '--version') return print(VERSION);
    if (name === undefined || name === 'help' || isHelp(name)) return print(overview());
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!command) {
      const known = Object.keys(COMMANDS).join(', ');
      throw new MasksearchError('bad-input', `'${name}' is not a command`, `use one of ${known}`);
    }
    if (rest.some(isHelp)) return print(commandHelp(name, command));
    return await command.run(rest);
  } catch (error) {
    if (rest.includes('--verbose')) console.error(error);
    console.error(`masksearch: ${sentence(error)}`);
    return exitCodeOf(error);
  }
}

const isHelp = (argument: string) => argument === '--help' || argument === '-h';

function print(message: string): number {
  console.log(message);
  return EXIT.done;
}

function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return `masksearch ${VERSION}: finds pruning masks for trained networks by search

Usage: masksearch <command> [options]

${rows.join('\n')}

masksearch <command> --help explains a command and its options.
Exit codes: 0 done, 1 failed, 2 wrong usage or bad input, 3 the requested device is not there, 130 interrupted.`;
}

function commandHelp(name: string, { help, options }: Command): string {
  return `Usage: masksearch ${name} [options]\n\n${help}\n\nOptions:\n${describeOptions(options)}`;
}

function exitCodeOf(error: unknown): number {
  if (!(error instanceof MasksearchError)) return EXIT.failed;
  switch (error.code) {
    case 'bad-input':
    case 'infeasible':
      return EXIT.badInput;
    case 'no-device':
      return EXIT.noDevice;
    case 'aborted':
      return EXIT.interrupted;
    case 'device-lost':
    case 'shader-failed':
    case 'gpu-failed':
    case 'limit-exceeded':
    case 'closed':
      return EXIT.failed;
  }
}

// Whoever reads may stop reading, as `head` does: that is no error of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
