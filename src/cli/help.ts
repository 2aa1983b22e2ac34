/** The texts of --help, in at most 120 columns. */
import { VERSION } from '../core/version.ts';
import { hyphenated, type OptionTable } from '../pruning/options/option.ts';
import type { Command, CommandGroup } from './command.ts';
import { wrapped } from './terminal/wrapped.ts';

const WIDTH = 120;

/** Options with a longer left side have their description on the next line. */
const MAX_LEFT_WIDTH = 30;

type Commands = Readonly<Record<string, Pick<Command | CommandGroup, 'summary'>>>;

export function overview(commands: Commands): string {
  return `masksearch ${VERSION}: finds pruning masks for trained networks by search

Usage: masksearch <command> [options]

${summaries(commands)}

masksearch <command> --help explains a command and its options.
Exit codes: 0 done, 1 failed, 2 wrong usage or bad input, 3 the requested device is not there, 130 interrupted.`;
}

export function groupHelp(name: string, { summary, commands }: CommandGroup): string {
  return `Usage: masksearch ${name} <command> [options]

${name} ${summary}

${summaries(commands)}

masksearch ${name} <command> --help explains a command and its options.`;
}

export function commandHelp(name: string, { help, options, arguments: before }: Command): string {
  return `Usage: masksearch ${name}${before === undefined ? '' : ` ${before}`} [options]

${help
  .split('\n')
  .flatMap((line) => wrapped(line, WIDTH))
  .join('\n')}

Options:
${describeOptions(options)}`;
}

function summaries(commands: Commands): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length)) + 2;
  return Object.entries(commands)
    .map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`)
    .join('\n');
}

/** The options as lines. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, { placeholder, description }]) => ({
    left: `  --${hyphenated(name)}${placeholder && ` ${placeholder}`}`,
    description,
  }));
  const fitting = rows.map(({ left }) => left.length).filter((length) => length <= MAX_LEFT_WIDTH);
  const width = Math.max(...fitting) + 2;
  return rows
    .map(({ left, description }) => {
      const indent = `\n${' '.repeat(width)}`;
      const begin = left.length < width ? left.padEnd(width) : left + indent;
      return begin + wrapped(description, WIDTH - width).join(indent);
    })
    .join('\n');
}
