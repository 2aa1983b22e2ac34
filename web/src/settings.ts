/** The form: which fields have an effect, and the options as texts, as an address and as a command. */
import { runOptions } from 'masksearch/browser';
import { byId } from './dom.ts';
import type { DataView, ModelView, OptionTexts } from './protocol.ts';
import { count } from './words.ts';

/** Selects that choose between fields, and are not options themselves. */
const CHOICES = {
  goal: ['maxAccuracyDrop', 'maxLossRise', 'maxLoss', 'targetSparsity'],
  budget: ['evaluations', 'seconds'],
} as const;

/** Whether the command line takes the option without a value. */
const isFlag = (name: string) => Object.entries(runOptions).some(([one, { flag }]) => one === name && flag);

const hyphenated = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const camelCase = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

export class Settings {
  readonly #form = byId('settings', HTMLFormElement);
  /** Options of the address without a field, or whose value the field cannot have. The search reports what is wrong with them. */
  #others: OptionTexts = {};
  /** Whether what is pruned has an accuracy. */
  #hasAccuracy = true;

  /** `onChange`: called when something was entered. */
  constructor(onChange: () => void) {
    this.#form.addEventListener('input', ({ target }) => {
      if (target instanceof HTMLInputElement && target.type === 'file') return;
      this.#forget(target);
      this.#showWhatCounts();
      this.markInvalid(undefined);
      onChange();
    });
    this.readAddress();
  }

  get device(): string {
    return this.#texts['device'] || 'auto';
  }

  /** The options that have an effect, as texts, without empty ones. */
  get options(): OptionTexts {
    return Object.fromEntries(
      Object.entries(this.#texts).filter(([name, text]) => name !== 'device' && text !== ''),
    );
  }

  /** Whether evaluations and images are as the page begins with. */
  get isDefaultBudget(): boolean {
    const isInitial = (name: string) => {
      const field = this.#named(name);
      return field instanceof HTMLInputElement && field.value === field.defaultValue;
    };
    return this.#select('budget').value === 'evaluations' && isInitial('evaluations') && isInitial('images');
  }

  /** Enters values that the search has found. */
  enter(values: OptionTexts): void {
    for (const [name, text] of Object.entries(values)) {
      const field = this.#named(name);
      if (field) field.value = text;
      else this.#others = { ...this.#others, [name]: text };
    }
    this.#showWhatCounts();
  }

  /** Offers what can be asked of this model and these data. */
  fit({ task }: ModelView, data: DataView | undefined): void {
    const drop = this.#select('goal').options.namedItem('accuracy-goal')!;
    const goal = this.#select('goal');
    const hasAccuracy = task !== 'regression';
    drop.disabled = !hasAccuracy;
    if (!hasAccuracy && goal.value === drop.value) goal.value = 'maxLossRise';
    if (hasAccuracy && !this.#hasAccuracy && goal.value === 'maxLossRise') goal.value = drop.value;
    this.#hasAccuracy = hasAccuracy;
    if (data) this.#fitData(data);
    this.#showWhatCounts();
  }

  #fitData({ counts, isHalved, areDigits }: DataView): void {
    const { search, train, test } = counts;
    const all = isHalved ? search + test : search + train + test;
    const texts = {
      search: `the search split (${count(search)})`,
      train: isHalved ? 'the training split: that to search with' : `the training split (${count(train)})`,
      test: `the test split (${count(test)}): none left to test on`,
      all: `all (${count(all)}): none left to test on`,
    };
    for (const option of this.#select('split').options) {
      option.textContent = texts[option.value as keyof typeof texts];
    }
    const images = this.#named('images') as HTMLInputElement;
    const isInitial = images.value === images.defaultValue;
    images.defaultValue = areDigits ? String(search) : '';
    if (isInitial) images.value = images.defaultValue;
  }

  /** All options as the fragment of an address. */
  get fragment(): string {
    const entries = Object.entries(this.#texts).map(([name, text]) => [hyphenated(name), text] as const);
    return new URLSearchParams(Object.fromEntries(entries)).toString();
  }

  /** The command that does the same in a terminal, with options that say what is pruned. */
  command(subject: OptionTexts): string {
    const texts = { ...this.options, device: this.device, ...subject };
    const options = Object.entries(texts).map(([name, text]) => {
      const value = /^[\w.,/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
      if (isFlag(name)) return `--${hyphenated(name)}`;
      // A value that begins with a hyphen would be taken for the next option.
      return `--${hyphenated(name)}${text.startsWith('-') ? '=' : ' '}${value}`;
    });
    return `npx masksearch prune ${options.join(' ')}`;
  }

  /** Fills the form from the address of the page. Fields that are not in it get their initial values. */
  readAddress(): void {
    this.#form.reset();
    this.#others = {};
    // If an option is given twice, the last one is used.
    const given = new Map(
      [...new URLSearchParams(location.hash.slice(1))].map(([spelled, text]) => [camelCase(spelled), text]),
    );
    for (const [name, text] of given) {
      for (const [choice, names] of Object.entries(CHOICES)) {
        if (names.some((one) => one === name)) this.#select(choice).value = name;
      }
      const field = this.#named(name);
      if (field instanceof HTMLInputElement) field.value = text;
      else if (field && [...field.options].some(({ value }) => value === text)) field.value = text;
      else if (field && text === '') given.delete(name);
    }
    // The defaults of the options: without a preset, a genetic algorithm is the article's.
    if (this.#select('method').value === 'ga' && !given.has('preset')) this.#select('preset').value = 'paper';
    this.#showWhatCounts();
    this.#others = Object.fromEntries([...given].filter(([name, text]) => this.#texts[name] !== text));
  }

  /** Marks the field of an option as wrong and moves the focus there; unmarks all if undefined. */
  markInvalid(option: string | undefined): void {
    for (const field of this.#form.elements) field.removeAttribute('aria-invalid');
    const field = option === undefined ? undefined : this.#named(option);
    field?.setAttribute('aria-invalid', 'true');
    field?.focus();
  }

  /** The label of an option's field; undefined if it has none. */
  labelOf(option: string): string | undefined {
    return this.#named(option)?.labels?.[0]?.firstChild?.textContent?.trim();
  }

  /** Forgets options of the address whose field, or a field that it depends on, was changed. */
  #forget(target: EventTarget | null): void {
    const changed =
      target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target : undefined;
    const decides =
      ['method', 'preset'].includes(changed?.name ?? '') || Object.hasOwn(CHOICES, changed?.id ?? '');
    this.#others = Object.fromEntries(
      Object.entries(this.#others).filter(
        ([name]) => name !== changed?.name && !(decides && this.#named(name)?.matches(':disabled')),
      ),
    );
  }

  get #texts(): OptionTexts {
    const entries = [...new FormData(this.#form)].filter(([, value]) => typeof value === 'string');
    return { ...(Object.fromEntries(entries) as Record<string, string>), ...this.#others };
  }

  /** The field of an option, found by its name but not by its id. */
  #named(option: string): HTMLInputElement | HTMLSelectElement | undefined {
    const field = this.#form.elements.namedItem(option);
    const holds = field instanceof HTMLInputElement || field instanceof HTMLSelectElement;
    return holds && field.name === option ? field : undefined;
  }

  #select(name: string): HTMLSelectElement {
    const field = this.#form.elements.namedItem(name);
    if (field instanceof HTMLSelectElement) return field;
    throw new Error(`there is no choice ${name}`);
  }

  /** Hides and disables fields that have no effect with what is chosen. */
  #showWhatCounts(): void {
    for (const group of this.#form.querySelectorAll<HTMLFieldSetElement>('fieldset[data-when]')) {
      const conditions = group.dataset['when']!.split(' ').map((condition) => condition.split('='));
      const counts = conditions.every(([name, value]) => this.#select(name!).value === value);
      group.hidden = group.disabled = !counts;
    }
  }
}
