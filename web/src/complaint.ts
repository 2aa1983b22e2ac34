/** The error over the page, in the words of the page, until it is closed. */
import { spell } from 'masksearch/browser';
import { byId } from './dom.ts';
import type { Event } from './protocol.ts';
import { sentence } from './words.ts';

type Failure = Extract<Event, { type: 'failed' }>;

/** What a visitor can do, where the library's advice is for programmers. */
const FIXES: Readonly<Partial<Record<Failure['code'], string>>> = {
  'no-device': 'choose WebAssembly under “Compute on”, or use a browser and a machine with WebGPU',
  'device-lost': 'press Start again; if it happens again, use fewer images or another device',
  'gpu-failed': 'choose WebAssembly under “Compute on”',
  'shader-failed': 'choose WebAssembly under “Compute on”',
};

/** Options of the command line that the page takes from the model's file. */
const OF_MODEL_FILE = ['activation', 'pooling'];

export class Complaint {
  readonly #box = byId('complaint', HTMLDivElement);
  readonly #text = byId('alert', HTMLDivElement);

  /** `onClose` is called when it is closed, to move the focus. */
  constructor(onClose: () => void) {
    byId('dismiss', HTMLButtonElement).addEventListener('click', () => {
      this.clear();
      onClose();
    });
  }

  show(text: string): void {
    this.#box.hidden = false;
    this.#text.textContent = text;
  }

  /** `labelOf`: the label of an option's field; undefined if it has none. */
  showFailure(
    { code, message, fix, option }: Failure,
    labelOf: (option: string) => string | undefined,
  ): void {
    const named = new Set<string>();
    const inWords = (words: Failure['message']) =>
      spell(words, (name) => {
        named.add(name);
        const label = labelOf(name);
        return label === undefined ? asWords(name) : `“${label}”`;
      });
    const isOfFile = option !== undefined && OF_MODEL_FILE.includes(option);
    const hasNoField = option !== undefined && labelOf(option) === undefined;
    const advice = isOfFile
      ? 'write it into the metadata of the file'
      : hasNoField
        ? 'take it out of the address of this page'
        : (FIXES[code] ?? inWords(fix));
    const sentences = [inWords(message), advice];
    if (OF_MODEL_FILE.every((name) => named.has(name))) {
      sentences.push('activation and pooling are in the metadata of the file');
    }
    this.show(sentences.map(sentence).join(' '));
  }

  clear(): void {
    this.#box.hidden = true;
    this.#text.textContent = '';
  }
}

/** `maxLossPenalty` as "max loss penalty". */
function asWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
