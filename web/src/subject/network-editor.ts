/** The network of a file that holds weights alone: a draft with its open questions, to be corrected and used. */
import { byId, create } from '../dom.ts';
import type { ArchitectureDraft, Event, Given } from '../protocol.ts';
import { ARCHITECTURE_FILE } from './file-names.ts';

export interface NetworkEditorListener {
  readonly onApply: (json: string) => void;
  /** The weights are not to be used. */
  readonly onCancel: () => void;
}

export class NetworkEditor {
  readonly #section = byId('network', HTMLElement);
  readonly #details = byId('network-details', HTMLDetailsElement);
  readonly #title = byId('network-title', HTMLElement);
  readonly #text = byId('network-json', HTMLTextAreaElement);
  readonly #open = byId('network-open', HTMLOListElement);
  readonly #cancel = byId('network-cancel', HTMLButtonElement);
  readonly #save = byId('network-save', HTMLAnchorElement);
  /** What was drafted last, so that corrections of it are not lost when it is asked for again. */
  #draft: ArchitectureDraft | undefined;

  constructor({ onApply, onCancel }: NetworkEditorListener) {
    byId('network-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      onApply(this.#text.value);
    });
    this.#cancel.addEventListener('click', onCancel);
    this.#save.download = ARCHITECTURE_FILE;
    this.#save.addEventListener('click', () => {
      URL.revokeObjectURL(this.#save.href);
      this.#save.href = URL.createObjectURL(new Blob([this.#text.value], { type: 'application/json' }));
    });
  }

  /** Shows a draft that must be settled before anything can be searched. */
  ask({ name, draft }: Pick<Extract<Event, { type: 'architecture' }>, 'name' | 'draft'>): void {
    const isNew = draft.json !== this.#draft?.json;
    this.#draft = draft;
    this.#title.textContent = `The network of ${name}`;
    this.#open.replaceChildren(...draft.open.map((question) => create('li', {}, question)));
    if (isNew) this.#text.value = draft.json;
    this.#text.rows = Math.min(20, this.#text.value.split('\n').length + 1);
    this.#cancel.hidden = false;
    this.#section.hidden = false;
    this.#details.open = true;
    if (isNew) this.#title.scrollIntoView({ block: 'nearest' });
  }

  /** The network is in use, and can be changed. */
  settle({ model: [file], architecture = '' }: Given): void {
    this.#title.textContent = `The network of ${file?.path ?? 'the weights'}`;
    this.#text.value = architecture;
    this.#cancel.hidden = true;
    this.#details.open = false;
  }

  close(): void {
    this.#section.hidden = true;
    this.#draft = undefined;
  }

  focus(): void {
    this.#text.focus();
  }
}
