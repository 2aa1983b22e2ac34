/** What went wrong, over the page until it is closed, in the words of the page. */
import { byId } from './dom.ts';
import type { Event } from './protocol.ts';
import { sentence } from './words.ts';

type Failure = Extract<Event, { type: 'failed' }>;

/** What a visitor can do, where the library's advice is for programmers. */
const FIXES: Readonly<Partial<Record<Failure['code'], string>>> = {
  'no-device': 'choose WebAssembly under “Compute on”, or take a browser and a machine with WebGPU',
  'device-lost': 'press Start again; if it happens again, use fewer images or another device',
  'gpu-failed': 'choose WebAssembly under “Compute on”',
  'shader-failed': 'choose WebAssembly under “Compute on”',
};

/** How the library spells its options. */
const CAMEL_CASE = /\b[a-z]+(?:[A-Z][a-z]+)+\b/g;

export class Complaint {
  readonly #box = byId('complaint', HTMLDivElement);
  readonly #text = byId('alert', HTMLDivElement);

  /** `onClose`: called when it is closed, since the focus was in it. */
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

  /** `labelOf`: what the form calls an option. */
  showFailure(
    { code, message, fix, option }: Failure,
    labelOf: (option: string) => string | undefined,
  ): void {
    const quoted = (name: string) => {
      const label = labelOf(name);
      return label === undefined ? undefined : `“${label}”`;
    };
    const inWords = (text: string) =>
      // Options of the command line that the page has no fields for are in a model's file.
      text
        .replace('--activation, --mean and --std', 'activation, mean and std in the metadata of the file')
        .replace(/--(?=[a-z])/g, '')
        .replace(
          option === undefined ? /$^/ : new RegExp(`\\b${option}\\b`, 'g'),
          (name) => quoted(name) ?? name,
        )
        .replace(
          CAMEL_CASE,
          (name) => quoted(name) ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
        );
    const unseen = option !== undefined && labelOf(option) === undefined;
    const advice = unseen ? 'take it out of the address of this page' : (FIXES[code] ?? inWords(fix));
    this.show(`${sentence(inWords(message))} ${sentence(advice)}`);
  }

  clear(): void {
    this.#box.hidden = true;
    this.#text.textContent = '';
  }
}
