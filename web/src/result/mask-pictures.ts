/** A picture of each layer: one pixel per weight, convolution kernels as tiles, pruned weights gone. */
import { byId, cssColor, onSchemeChange } from '../dom.ts';
import type { LayerView, ModelView } from '../protocol.ts';
import { count, percent } from '../words.ts';

/** The palest that a kept weight is drawn, so that it is never taken for a pruned one. */
const PALEST = 0.35;

/** Weights above this share of a layer's are drawn as the largest. */
const MAX_SHARE = 0.99;

/** Layers and weights beyond which there is no picture: many large ones would take longer to draw than the search takes. */
const MAX_PICTURES = 60;
const MAX_WEIGHTS = 500_000;

export class MaskPictures {
  readonly #container = byId('masks', HTMLDivElement);
  /** Those of LeNet-5, which the page has places for. */
  readonly #placed = [...this.#container.querySelectorAll<HTMLElement>('figure')];
  #pictures: readonly Picture[] = [];
  #masks: readonly Uint32Array[] | undefined;

  constructor() {
    onSchemeChange(() => {
      for (const picture of this.#pictures) picture.paint();
      this.#draw();
    });
  }

  /** Shows a model with all its weights. */
  show({ layers }: ModelView): void {
    const arePlaced =
      layers.length === this.#placed.length &&
      layers.every(({ name }, i) => name === this.#placed[i]!.dataset['layer']);
    const shown = layers.filter(({ weights }) => weights.length <= MAX_WEIGHTS).slice(0, MAX_PICTURES);
    const figures = arePlaced ? this.#placed : shown.map(() => newFigure());
    this.#container.classList.toggle('many', !arePlaced);
    // What scrolls must be in reach of the keyboard, and what is needs a name.
    for (const [name, value] of Object.entries({
      tabindex: '0',
      role: 'group',
      'aria-label': 'Pictures of the layers',
    })) {
      if (arePlaced) this.#container.removeAttribute(name);
      else this.#container.setAttribute(name, value);
    }
    this.#container.replaceChildren(...figures);
    if (shown.length < layers.length) this.#container.append(leftOut(layers.length - shown.length));
    this.#pictures = shown.map((layer, i) => new Picture(layer, layers.indexOf(layer), figures[i]!));
    this.update(undefined);
  }

  /** Words of the mask of each layer; all weights are kept without. */
  update(masks: readonly Uint32Array[] | undefined): void {
    this.#masks = masks;
    this.#draw();
  }

  #draw(): void {
    for (const picture of this.#pictures) picture.draw(this.#masks?.[picture.index]);
  }
}

function newFigure(): HTMLElement {
  const figure = document.createElement('figure');
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  figure.append(canvas, document.createElement('figcaption'));
  return figure;
}

function leftOut(layers: number): HTMLElement {
  const note = document.createElement('p');
  note.className = 'note';
  note.textContent = `${layers === 1 ? 'One more layer is' : `${layers} more layers are`} not shown: the picture would be too large.`;
  return note;
}

class Picture {
  /** Of the layer, among all. */
  readonly index: number;
  readonly #layer: LayerView;
  readonly #canvas: HTMLCanvasElement;
  readonly #caption: HTMLElement;
  /** Pixel of each weight. */
  readonly #places: Uint32Array;
  readonly #image: ImageData;
  /** Colour of each weight where it is kept, as the image holds it, and of one that is pruned. */
  readonly #colors: Uint32Array;
  #pruned = 0;

  constructor(layer: LayerView, index: number, figure: HTMLElement) {
    const canvas = figure.querySelector('canvas');
    const caption = figure.querySelector('figcaption');
    if (!canvas || !caption) throw new Error(`the page has no picture of ${layer.name}`);
    this.index = index;
    this.#layer = layer;
    this.#canvas = canvas;
    this.#caption = caption;
    const { places, width, height } = arrange(layer.shape);
    this.#places = places;
    canvas.width = width;
    canvas.height = height;
    this.#image = new ImageData(width, height);
    this.#colors = new Uint32Array(places.length);
    this.paint();
  }

  /** Takes the colours of the page. */
  paint(): void {
    const { weights } = this.#layer;
    const sizes = Float32Array.from(weights, Math.abs).sort();
    const largest = sizes[Math.floor(MAX_SHARE * (sizes.length - 1))]! || 1;
    const surface = rgbOf('--surface');
    const [positive, negative] = [rgbOf('--positive'), rgbOf('--negative')];
    this.#pruned = pack(rgbOf('--pruned'));
    weights.forEach((weight, i) => {
      const strength = PALEST + (1 - PALEST) * Math.min(1, Math.abs(weight) / largest);
      const color = weight < 0 ? negative : positive;
      this.#colors[i] = pack(color.map((value, c) => surface[c]! + strength * (value - surface[c]!)));
    });
  }

  draw(mask: Uint32Array | undefined): void {
    const pixels = new Uint32Array(this.#image.data.buffer);
    let kept = 0;
    this.#places.forEach((place, i) => {
      const isKept = mask === undefined || ((mask[i >>> 5]! >>> (i & 31)) & 1) === 1;
      if (isKept) kept++;
      pixels[place] = isKept ? this.#colors[i]! : this.#pruned;
    });
    this.#canvas.getContext('2d')!.putImageData(this.#image, 0, 0);
    const weights = this.#places.length;
    const text = `${this.#layer.name} ${this.#layer.shape.join('×')}: ${count(kept)} of ${count(weights)} kept, ${percent(1 - kept / weights, 1)} pruned`;
    this.#caption.textContent = text;
    this.#canvas.setAttribute('aria-label', text);
  }
}

/** Kernels of one input, those of depthwise layers for instance, that are side by side at least. */
const MIN_PER_ROW = 8;

/**
 * Where each weight goes. Kernels, [out, in, ky, kx], are tiles: a column for each output, a row for each input; those of a single
 * input fill several rows. Between tiles of more than one weight is a gap. Matrices, [out, in], have a row for each output.
 */
function arrange(shape: readonly number[]): { places: Uint32Array; width: number; height: number } {
  const [outputs, inputs, rows = 1, columns = 1] = shape as [number, number, number?, number?];
  if (shape.length === 2) {
    return {
      places: Uint32Array.from({ length: outputs * inputs }, (_, i) => i),
      width: inputs,
      height: outputs,
    };
  }
  const gap = rows * columns > 1 ? 1 : 0;
  const perRow =
    inputs > 1 ? outputs : Math.min(outputs, Math.max(MIN_PER_ROW, Math.ceil(Math.sqrt(outputs))));
  const width = perRow * (columns + gap) - gap;
  const height = inputs * Math.ceil(outputs / perRow) * (rows + gap) - gap;
  const places = Uint32Array.from({ length: outputs * inputs * rows * columns }, (_, i) => {
    const x = i % columns;
    const y = Math.floor(i / columns) % rows;
    const input = Math.floor(i / (columns * rows)) % inputs;
    const output = Math.floor(i / (columns * rows * inputs));
    const row = input + Math.floor(output / perRow);
    return (row * (rows + gap) + y) * width + (output % perRow) * (columns + gap) + x;
  });
  return { places, width, height };
}

/** Red, green and blue of an opaque colour of the style sheet, however it is written there. */
function rgbOf(name: string): readonly number[] {
  const context = new OffscreenCanvas(1, 1).getContext('2d')!;
  context.fillStyle = cssColor(name);
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}

/** As an opaque pixel, whose bytes are red, green, blue, alpha. */
function pack(rgb: readonly number[]): number {
  const bytes = Uint8ClampedArray.of(rgb[0]!, rgb[1]!, rgb[2]!, 255);
  return new Uint32Array(bytes.buffer)[0]!;
}
