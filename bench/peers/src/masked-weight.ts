import { masksEqual, type Mask } from 'masksearch';

/** The trained weights of one layer times its mask, in a runtime's layout. */
export class MaskedWeight {
  /** Rewritten in place by `apply`. */
  readonly values: Float32Array;
  readonly #trained: Float32Array;
  readonly #layout: Uint32Array | undefined;
  #mask: Mask | undefined;

  /**
   * @param trained in PyTorch's layout, which is the mask's
   * @param layout where the runtime has each of them; the same place if not given
   */
  constructor(trained: Float32Array, layout?: Uint32Array) {
    this.#trained = trained;
    this.#layout = layout;
    this.values = new Float32Array(trained.length);
  }

  /** Whether the values changed. */
  apply(mask: Mask): boolean {
    if (this.#mask && masksEqual(this.#mask, mask)) return false;
    this.#mask = mask;
    const { words } = mask;
    const [trained, layout, values] = [this.#trained, this.#layout, this.values];
    for (let i = 0; i < trained.length; i++) {
      const kept = (words[i >>> 5]! >>> (i & 31)) & 1;
      values[layout ? layout[i]! : i] = kept === 1 ? trained[i]! : 0;
    }
    return true;
  }
}
