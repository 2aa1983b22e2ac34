/** An error, in the words of the page, until it is closed. */
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

/** Where an error is shown: over the page, below what was dropped, or in the network that was edited. */
export type Place = 'page' | 'files' | 'network';

export class Complaint {
  readonly #box = byId('complaint', HTMLDivElement);
  readonly #text = byId('alert', HTMLDivElement);
  readonly #hosts: Readonly<Record<Place, HTMLElement>> = {
    page: byId('page-complaint', HTMLDivElement),
    files: byId('file-complaint', HTMLDivElement),
    network: byId('network-complaint', HTMLDivElement),
  };
  #place: Place = 'page';

  /** `onClose` is called when it is closed, to move the focus. */
  constructor(onClose: (place: Place) => void) {
    byId('dismiss', HTMLButtonElement).addEventListener('click', () => {
      this.clear();
      onClose(this.#place);
    });
  }

  show(text: string, place: Place = 'page'): void {
    if (place !== this.#place) this.#hosts[place].append(this.#box);
    this.#place = place;
    this.#box.hidden = false;
    this.#text.textContent = text;
    if (place !== 'page') this.#box.scrollIntoView({ block: 'nearest' });
  }

  /** `labelOf`: the label of an option's field; undefined if it has none. */
  showFailure(
    { code, message, fix, option }: Failure,
    labelOf: (option: string) => string | undefined,
    place: Place,
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
    this.show(sentences.map(sentence).join(' '), place);
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
