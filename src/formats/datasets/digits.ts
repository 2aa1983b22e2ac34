/** The bundled digits as a network takes them. */
import { MasksearchError } from '../../core/error.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { Splits } from '../../data/splits.ts';
import { classesOf } from '../../network/fuse.ts';
import type { Network } from '../../network/network.ts';
import { reshaped } from './layout.ts';

/** Splits of the bundled digits in the shape of the network's input. Throws 'bad-input' for a network that needs data of its own. */
export function digitsFor(network: Network, { train, search, test }: Splits): Splits {
  checkTakesDigits(network);
  const { input } = network;
  return { train: reshaped(train, input), search: reshaped(search, input), test: reshaped(test, input) };
}

function checkTakesDigits(network: Network): void {
  const { input } = network;
  const pixels = input.reduce((product, length) => product * length, 1);
  const isImage = input.length === 1 || (input.at(-1) === 28 && input.at(-2) === 28);
  const classes = classesOf(network);
  if (pixels === 28 * 28 && isImage && classes >= 10) return;
  throw new MasksearchError(
    'bad-input',
    `the bundled digits are 28 x 28 pixels of 10 classes, the network takes ${input.join(' x ')} and has ${classes} classes`,
    phrase`pass ${optionName('data')} with the data of this network`,
    { option: 'data' },
  );
}
