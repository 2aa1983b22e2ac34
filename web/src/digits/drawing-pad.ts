/** A pad for one digit, by pointer or by keys. */
import { byId, cssColor, onSchemeChange } from '../dom.ts';
import { toImage } from './grey-image.ts';

/** Of the pen, in pixels of the pad. */
const PEN = 18;

/** How far an arrow key moves the pen. */
const KEY_STEP = 8;

interface Point {
  readonly x: number;
  readonly y: number;
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -KEY_STEP, y: 0 },
  ArrowRight: { x: KEY_STEP, y: 0 },
  ArrowUp: { x: 0, y: -KEY_STEP },
  ArrowDown: { x: 0, y: KEY_STEP },
};

export class DrawingPad {
  readonly #canvas = byId('pad', HTMLCanvasElement);
  readonly #context = this.#canvas.getContext('2d', { willReadFrequently: true })!;
  readonly #onDrawing: (pixels: Uint8Array | undefined) => void;
  #strokes: Point[][] = [];
  /** Where keys move the pen, and whether it is down. */
  #cursor: Point = { x: this.#canvas.width / 2, y: this.#canvas.height / 2 };
  #keyDown = false;

  /** `onDrawing`: called with what is drawn, 28 x 28 bytes, after every change; undefined if nothing is. */
  constructor(onDrawing: (pixels: Uint8Array | undefined) => void) {
    this.#onDrawing = onDrawing;
    this.#canvas.addEventListener('pointerdown', (event) => {
      this.#canvas.setPointerCapture(event.pointerId);
      this.#strokes.push([this.#pointOf(event)]);
      this.#changed();
    });
    this.#canvas.addEventListener('pointermove', (event) => {
      if (!this.#canvas.hasPointerCapture(event.pointerId)) return;
      this.#strokes.at(-1)!.push(...event.getCoalescedEvents().map((one) => this.#pointOf(one)));
      this.#changed();
    });
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    this.#canvas.addEventListener('blur', () => {
      this.#keyDown = false;
      this.#draw();
    });
    this.#canvas.addEventListener('focus', () => this.#draw());
    byId('clear', HTMLButtonElement).addEventListener('click', () => {
      this.#strokes = [];
      this.#keyDown = false;
      this.#changed();
    });
    onSchemeChange(() => this.#draw());
  }

  /** Says once more what is drawn. */
  repeat(): void {
    if (this.#strokes.length > 0) this.#changed();
  }

  #key(event: KeyboardEvent): void {
    const by = ARROWS[event.key];
    if (by) {
      const { width, height } = this.#canvas;
      const within = (value: number, size: number) => Math.min(size - PEN, Math.max(PEN, value));
      this.#cursor = {
        x: within(this.#cursor.x + by.x, width),
        y: within(this.#cursor.y + by.y, height),
      };
      if (this.#keyDown) this.#strokes.at(-1)!.push(this.#cursor);
    } else if (event.key === ' ') {
      this.#keyDown = !this.#keyDown;
      if (this.#keyDown) this.#strokes.push([this.#cursor]);
    } else {
      return;
    }
    event.preventDefault();
    this.#changed();
  }

  #pointOf({ offsetX, offsetY }: PointerEvent): Point {
    const scale = this.#canvas.width / this.#canvas.clientWidth;
    return { x: offsetX * scale, y: offsetY * scale };
  }

  #changed(): void {
    this.#drawStrokes();
    this.#onDrawing(toImage(this.#canvas));
    this.#drawCursor();
  }

  #draw(): void {
    this.#drawStrokes();
    this.#drawCursor();
  }

  #drawStrokes(): void {
    const context = this.#context;
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.strokeStyle = cssColor('--text');
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = 'round';
    for (const [first, ...rest] of this.#strokes) {
      context.beginPath();
      context.moveTo(first!.x, first!.y);
      for (const { x, y } of rest.length > 0 ? rest : [first!]) context.lineTo(x, y);
      context.stroke();
    }
  }

  /** Where the keys have the pen, while they can move it. */
  #drawCursor(): void {
    if (!this.#canvas.matches(':focus-visible')) return;
    this.#context.strokeStyle = cssColor('--accent');
    this.#context.lineWidth = this.#keyDown ? 4 : 2;
    this.#context.beginPath();
    this.#context.arc(this.#cursor.x, this.#cursor.y, PEN / 2, 0, 2 * Math.PI);
    this.#context.stroke();
  }
}
