/** The model and the data: chosen or dropped, and how the one takes the other. */
import type { FileKind } from 'masksearch/browser';
import { byId, create } from '../dom.ts';
import type { Added, DataView, Event, Given, OptionTexts } from '../protocol.ts';
import { chosenFiles, droppedFiles } from './dropped-files.ts';
import { sentence } from '../words.ts';
import { Found } from './found.ts';

type SubjectEvent = Extract<Event, { type: 'subject' }>;

export const NOTHING_GIVEN: Given = { model: [], data: [], reading: {}, architecture: undefined };

export interface SubjectPanelListener {
  /** Files were chosen or dropped, or what is bundled is to be taken again. */
  readonly onFiles: (added: Added) => void;
  /** The visitor wants the files to be read with what the fields say. */
  readonly onApply: () => void;
  /** What was dropped cannot be read, in words. */
  readonly onUnreadable: (reason: string) => void;
}

/** The file inputs for a model and for data, the names of those in use, and the button that returns to the bundled ones. */
const IDS = {
  model: { input: 'model-file', name: 'model-name', bundled: 'bundled-model' },
  data: { input: 'data-file', name: 'data-name', bundled: 'bundled-data' },
} as const satisfies Record<FileKind, unknown>;
const KINDS = ['model', 'data'] as const;

export class SubjectPanel {
  readonly #form = byId('reading', HTMLFormElement);
  readonly #zone = byId('drop-zone', HTMLDivElement);
  readonly #modelNotes = byId('model-notes', HTMLUListElement);
  readonly #dataNotes = byId('data-notes', HTMLUListElement);
  readonly #found = new Found();
  #shown: SubjectEvent | undefined;

  constructor({ onFiles, onApply, onUnreadable }: SubjectPanelListener) {
    const onChoice = (input: HTMLInputElement, as: Added['as']) =>
      input.addEventListener('change', () => {
        const files = chosenFiles(input.files);
        // So that the same file can be chosen again.
        input.value = '';
        if (files.length > 0) onFiles({ files, as });
      });
    for (const kind of KINDS) {
      onChoice(byId(IDS[kind].input, HTMLInputElement), kind);
      byId(IDS[kind].bundled, HTMLButtonElement).addEventListener('click', () =>
        onFiles({ files: [], as: kind }),
      );
    }
    onChoice(byId('folder', HTMLInputElement), undefined);
    this.#takeDrops((transfer) => {
      droppedFiles(transfer).then(
        (files) => {
          if (files.length > 0) onFiles({ files, as: undefined });
          else if (transfer.types.includes('Files')) onUnreadable('there are no files in it');
        },
        (error: unknown) => onUnreadable((error as Error).message),
      );
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      onApply();
    });
    this.#form.addEventListener('input', () => this.markInvalid(undefined));
  }

  /** Files can be dropped anywhere; the zone shows that. */
  #takeDrops(onDrop: (transfer: DataTransfer) => void): void {
    const highlight = (isOver: boolean) => this.#zone.classList.toggle('over', isOver);
    document.addEventListener('dragover', (event) => {
      event.preventDefault();
      highlight(true);
    });
    document.addEventListener('dragleave', (event) => {
      // Of the window, not of an element in it.
      if (event.relatedTarget === null) highlight(false);
    });
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      highlight(false);
      if (event.dataTransfer) onDrop(event.dataTransfer);
    });
  }

  /** What the fields say, without empty ones. */
  get reading(): OptionTexts {
    const entries = [...new FormData(this.#form)].flatMap(([name, text]) =>
      typeof text === 'string' && text.trim() !== '' ? [[name, text.trim()] as const] : [],
    );
    return Object.fromEntries(entries);
  }

  /** Weights that need a network are named in place of the model that is in use. */
  showWeights({ name, format }: Pick<Extract<Event, { type: 'architecture' }>, 'name' | 'format'>): void {
    byId(IDS.model.name, HTMLSpanElement).textContent = name;
    this.#found.showWeights(format);
    list(this.#modelNotes, []);
  }

  /** Shows what is in use; without an argument, once more. */
  show(event = this.#shown): void {
    if (!event) return;
    this.#shown = event;
    const { given, model, data } = event;
    this.#showFile('model', model.name, given.model.length > 0);
    this.#showFile('data', dataName(data), given.data.length > 0);
    this.#found.show(model, data);
    list(this.#modelNotes, model.warnings.map(sentence));
    list(this.#dataNotes, data?.notes ?? []);
  }

  /** Moves the focus to where files are chosen. */
  focus(): void {
    byId(IDS.model.input, HTMLInputElement).focus();
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

function list(element: HTMLUListElement, notes: readonly string[]): void {
  element.replaceChildren(...notes.map((note) => create('li', {}, note)));
  element.hidden = notes.length === 0;
}
