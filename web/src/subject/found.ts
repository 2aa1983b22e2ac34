/** What was found in the files, before a search: of the model and of the data. */
import { byId, create } from '../dom.ts';
import type { DataView, ModelView } from '../protocol.ts';
import { count, percent } from '../words.ts';

/** Names that are listed, of layers or classes. */
const MAX_NAMES = 12;
/** Characters of each. */
const MAX_NAME = 28;

export class Found {
  readonly #model = byId('model-found', HTMLDListElement);
  readonly #data = byId('data-found', HTMLDListElement);

  show(model: ModelView, data: DataView | undefined): void {
    write(this.#model, modelRows(model));
    write(this.#data, data ? dataRows(data, model) : []);
  }

  /** Of a file without a network. */
  showWeights(format: string): void {
    write(this.#model, [
      ['Format', format],
      ['Layers', 'not in the file, which holds weights alone'],
    ]);
  }
}

type Row = readonly [name: string, text: string];

function modelRows({ format, input, task, outputs, layers }: ModelView): readonly Row[] {
  const weights = layers.reduce((sum, layer) => sum + layer.weights.length, 0);
  const zeros = layers.reduce((sum, layer) => sum + zerosIn(layer.weights), 0);
  return [
    ['Format', format],
    ['Input', input],
    ['Task', TASKS[task](outputs)],
    ['Layers', listed(layers.map(({ name }) => name))],
    ['Weights', count(weights)],
    ['Zeros', zeros === 0 ? 'none' : `${count(zeros)} (${percent(zeros / weights)}), which stay pruned`],
  ];
}

const TASKS: Readonly<Record<ModelView['task'], (outputs: number) => string>> = {
  classes: (outputs) => `one of ${count(outputs)} classes`,
  binary: (outputs) => (outputs === 1 ? 'yes or no' : `yes or no, ${count(outputs)} times`),
  regression: (outputs) => (outputs === 1 ? 'a number' : `${count(outputs)} numbers`),
};

function zerosIn(weights: Float32Array): number {
  let zeros = 0;
  for (const weight of weights) zeros += Number(weight === 0);
  return zeros;
}

function dataRows(
  { counts: { search, train, test }, isHalved, shape, classNames }: DataView,
  { task, outputs }: ModelView,
): readonly Row[] {
  const parts = [`${count(search)} to search`, ...(isHalved ? [] : [`${count(train)} to train`])];
  const total = search + test + (isHalved ? 0 : train);
  return [
    ['Images', `${count(total)}: ${parts.join(', ')}, ${count(test)} to test`],
    ['Shape', shape],
    ...(task === 'classes'
      ? [
          [
            'Classes',
            listed(classNames ?? Array.from({ length: outputs }, (_, label) => `${label}`)),
          ] as const,
        ]
      : []),
  ];
}

/** "3: cat, dog, newt" */
function listed(names: readonly string[]): string {
  const others = names.length - MAX_NAMES;
  const shown = names.slice(0, MAX_NAMES).map(shortened).join(', ');
  return `${count(names.length)}: ${shown}${others > 0 ? ` and ${others} more` : ''}`;
}

const shortened = (name: string) => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name);

function write(list: HTMLDListElement, rows: readonly Row[]): void {
  list.hidden = rows.length === 0;
  list.replaceChildren(
    ...rows.map(([name, text]) => create('div', {}, create('dt', {}, name), create('dd', {}, text))),
  );
}
