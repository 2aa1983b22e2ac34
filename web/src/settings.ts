/** The form: which fields count, and its fields as texts, as an address and as a command line. */
import type { BrowserDevice } from 'masksearch/browser';
import { byId } from './dom.ts';
import type { OptionTexts } from './protocol.ts';

/** Selects that choose between fields and are no option themselves. */
const CHOICES = {
  goal: ['maxAccuracyDrop', 'maxLoss', 'targetSparsity'],
  budget: ['evaluations', 'seconds'],
} as const;

const hyphenated = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const camelCase = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

export class Settings {
  readonly #form = byId('settings', HTMLFormElement);

  /** `onChange`: called when something was entered. */
  constructor(onChange: () => void) {
    this.#form.addEventListener('input', () => {
      this.#showWhatCounts();
      this.markInvalid(undefined);
      onChange();
    });
    this.readAddress();
  }

  get device(): BrowserDevice {
    return this.#field('device').value as BrowserDevice;
  }

  /** The options that count, as texts; those left empty are not among them. */
  get options(): OptionTexts {
    return Object.fromEntries(Object.entries(this.#texts()).filter(([name]) => name !== 'device'));
  }

  /** All of it as the fragment of an address. */
  get fragment(): string {
    const entries = Object.entries(this.#texts()).map(([name, text]) => [hyphenated(name), text] as const);
    return new URLSearchParams(Object.fromEntries(entries)).toString();
  }

  /** The command that does the same in a terminal. `model`: the name of a file, unless it is the bundled one. */
  command(model: string | undefined): string {
    const quoted = (text: string) => (/^[\w.,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
    const texts = { ...this.#texts(), ...(model !== undefined && { model }) };
    const options = Object.entries(texts).map(([name, text]) => `--${hyphenated(name)} ${quoted(text)}`);
    return `npx masksearch prune ${options.join(' ')}`;
  }

  /** Fills the form from the address of the page. */
  readAddress(): void {
    for (const [spelled, text] of new URLSearchParams(location.hash.slice(1))) {
      const name = camelCase(spelled);
      for (const [choice, names] of Object.entries(CHOICES)) {
        if (names.some((one) => one === name)) this.#field(choice).value = name;
      }
      const field = this.#form.elements.namedItem(name);
      if (field instanceof HTMLInputElement) field.value = text;
      // A choice that there is not leaves the field as it is.
      if (field instanceof HTMLSelectElement && [...field.options].some(({ value }) => value === text)) {
        field.value = text;
      }
    }
    this.#showWhatCounts();
  }

  /** Marks the field that an error is about, and goes there; none if undefined. */
  markInvalid(option: string | undefined): void {
    for (const field of this.#form.elements) field.removeAttribute('aria-invalid');
    const field = option === undefined ? null : this.#form.elements.namedItem(option);
    if (!(field instanceof HTMLElement)) return;
    field.setAttribute('aria-invalid', 'true');
    field.focus();
  }

  #texts(): OptionTexts {
    const entries = [...new FormData(this.#form)].filter(([, value]) => typeof value === 'string' && value);
    return Object.fromEntries(entries) as Record<string, string>;
  }

  #field(name: string): HTMLSelectElement {
    const field = this.#form.elements.namedItem(name);
    if (field instanceof HTMLSelectElement) return field;
    throw new Error(`there is no choice ${name}`);
  }

  /** Hides fields that have no effect with what is chosen; what is hidden is not sent. */
  #showWhatCounts(): void {
    const preset = this.#field('preset');
    const tuned = preset.options.namedItem('tuned') ?? preset.options[0]!;
    tuned.disabled = this.#field('method').value === 'ga';
    if (tuned.disabled) preset.value = 'paper';
    for (const group of this.#form.querySelectorAll<HTMLFieldSetElement>('fieldset[data-when]')) {
      const conditions = group.dataset['when']!.split(' ').map((condition) => condition.split('='));
      const counts = conditions.every(([name, value]) => this.#field(name!).value === value);
      group.hidden = group.disabled = !counts;
    }
  }
}
