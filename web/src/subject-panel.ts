/** The model and the data: chosen or dropped, and how the one takes the other. */
import type { FileKind } from 'masksearch/browser';
import { byId, create } from './dom.ts';
import type { Added, DataView, Event, Given, OptionTexts } from './protocol.ts';

type SubjectEvent = Extract<Event, { type: 'subject' }>;

export const NOTHING_GIVEN: Given = { model: [], data: [], reading: {} };

export interface SubjectPanelListener {
  /** Files were chosen or dropped, or what is bundled is to be taken again. */
  readonly onFiles: (added: Added) => void;
  /** The visitor wants the files to be read with what the fields say. */
  readonly onApply: () => void;
}

/** The file inputs for a model and for data, the names of those in use, and the button that returns to the bundled ones. */
const IDS = {
  model: { input: 'model-file', name: 'model-name', bundled: 'bundled-model' },
  data: { input: 'data-file', name: 'data-name', bundled: 'bundled-data' },
} as const satisfies Record<FileKind, unknown>;
const KINDS = ['model', 'data'] as const;

export class SubjectPanel {
  readonly #form = byId('reading', HTMLFormElement);
  readonly #notes = byId('data-notes', HTMLUListElement);

  constructor({ onFiles, onApply }: SubjectPanelListener) {
    for (const kind of KINDS) {
      const input = byId(IDS[kind].input, HTMLInputElement);
      input.addEventListener('change', () => {
        const files = [...(input.files ?? [])];
        // So that the same file can be chosen again.
        input.value = '';
        if (files.length > 0) onFiles({ files, as: kind });
      });
      byId(IDS[kind].bundled, HTMLButtonElement).addEventListener('click', () =>
        onFiles({ files: [], as: kind }),
      );
    }
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) onFiles({ files, as: undefined });
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      onApply();
    });
    this.#form.addEventListener('input', () => this.markInvalid(undefined));
  }

  /** What the fields say, without empty ones. */
  get reading(): OptionTexts {
    const entries = [...new FormData(this.#form)].flatMap(([name, text]) =>
      typeof text === 'string' && text.trim() !== '' ? [[name, text.trim()] as const] : [],
    );
    return Object.fromEntries(entries);
  }

  show({ given, model, data }: SubjectEvent): void {
    this.#showFile('model', model.name, given.model.length > 0);
    this.#showFile('data', dataName(data), given.data.length > 0);
    this.#notes.replaceChildren(...(data?.notes ?? []).map((note) => create('li', {}, note)));
    this.#notes.hidden = this.#notes.childElementCount === 0;
  }

  #showFile(kind: FileKind, name: string, isOwn: boolean): void {
    const { input, name: nameId, bundled } = IDS[kind];
    byId(nameId, HTMLSpanElement).textContent = name;
    const button = byId(bundled, HTMLButtonElement);
    // It is hidden when it was pressed.
    if (document.activeElement === button && !isOwn) byId(input, HTMLInputElement).focus();
    button.hidden = !isOwn;
  }

  /** The label of an option's field; undefined if it has none. */
  labelOf(option: string): string | undefined {
    return this.#field(option)?.labels?.[0]?.firstChild?.textContent?.trim();
  }

  /** Marks the field of an option as wrong and moves the focus there; unmarks all if undefined. */
  markInvalid(option: string | undefined): void {
    for (const element of this.#form.elements) element.removeAttribute('aria-invalid');
    const field = option === undefined ? undefined : this.#field(option);
    field?.setAttribute('aria-invalid', 'true');
    field?.focus();
  }

  #field(option: string): HTMLInputElement | HTMLSelectElement | undefined {
    const field = this.#form.elements.namedItem(option);
    const holds = field instanceof HTMLInputElement || field instanceof HTMLSelectElement;
    return holds && field.name === option ? field : undefined;
  }
}

const dataName = (data: DataView | undefined) => data?.name ?? 'no data yet';

/** What is in use as options of a command. One IDX or npy file stands for those that belong to it, a folder for others. */
export function commandOptions({ model, data, reading }: Given): OptionTexts {
  const [file] = model;
  const [first, ...others] = data;
  const isFolder = others.length > 0 && first !== undefined && /\.(npz|safetensors)$/i.test(first.name);
  return {
    ...(file && { model: file.name }),
    ...(first && { data: isFolder ? '.' : first.name }),
    ...(file || first ? reading : {}),
  };
}
