#!/usr/bin/env node
/** The command line: runs a command, and turns every error into one sentence and an exit code. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MasksearchError } from '../core/error.ts';
import { bench } from './commands/bench/bench.ts';
import { EXIT, type Command, type CommandGroup } from './command.ts';
import { compare } from './commands/compare/compare.ts';
import { doctor } from './commands/doctor/doctor.ts';
import { evaluate } from './commands/evaluate.ts';
import { inspectCommand } from './commands/inspect.ts';
import { commandHelp, groupHelp, overview } from './help.ts';
import { pick } from './commands/pick.ts';
import { prune } from './commands/prune.ts';
import { repair } from './commands/repair.ts';
import { sensitivity } from './commands/sensitivity.ts';
import { sentence } from './terminal/sentence.ts';
import { trainCommand } from './commands/train.ts';
import { VERSION } from '../core/version.ts';

const COMMANDS: Readonly<Record<string, Command | CommandGroup>> = {
  prune,
  pick,
  repair,
  sensitivity,
  compare,
  evaluate,
  inspect: inspectCommand,
  train: trainCommand,
  doctor,
  bench,
};

/** Runs one command line and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === '--version') return print(VERSION);
    if (name === undefined || name === 'help' || isHelp(name)) return print(overview(COMMANDS));
    const command = find(COMMANDS, name, 'a command');
    return await ('commands' in command ? runOfGroup(name, command, rest) : runCommand(name, command, rest));
  } catch (error) {
    if (rest.includes('--verbose')) console.error(error);
    console.error(`masksearch: ${sentence(error)}`);
    return exitCodeOf(error);
  }
}

function find<T>(commands: Readonly<Record<string, T>>, name: string, what: string): T {
  if (Object.hasOwn(commands, name)) return commands[name]!;
  const known = Object.keys(commands).join(', ');
  throw new MasksearchError('bad-input', `'${name}' is not ${what}`, `use one of ${known}`);
}

function runOfGroup(group: string, { summary, commands }: CommandGroup, args: readonly string[]) {
  const [name, ...rest] = args;
  if (name === undefined) {
    const known = Object.keys(commands).join(', ');
    throw new MasksearchError('bad-input', `${group} is not a command by itself`, `add one of ${known}`);
  }
  if (isHelp(name)) return print(groupHelp(group, { summary, commands }));
  return runCommand(`${group} ${name}`, find(commands, name, `a command of ${group}`), rest);
}

function runCommand(name: string, command: Command, args: readonly string[]): number | Promise<number> {
  return args.some(isHelp) ? print(commandHelp(name, command)) : command.run(args);
}

const isHelp = (argument: string) => argument === '--help' || argument === '-h';

function print(message: string): number {
  console.log(message);
  return EXIT.done;
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

// The reader of a pipe may close it early, as `head` does. That is not an error.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
