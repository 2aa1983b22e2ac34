/** What importing a file may take: a few bytes can ask for any amount of memory and work. */
import type { OnnxNode } from '../messages.ts';
import { unsupported } from './errors.ts';

/** Numbers that are looked at one by one, all together: about a second of work, and many times what networks need that exporters write. */
const MAX_WORK = 2 ** 26;
/** Numbers that operators make, which are kept until the end. */
const MAX_MADE = 1.5 * 2 ** 24;

export class Budget {
  #work = 0;
  #made = 0;

  /** Throws 'bad-input' if `onnx` makes it too much. */
  work(onnx: OnnxNode, numbers: number): void {
    this.#work += numbers;
    if (this.#work > MAX_WORK)
      throw unsupported(onnx, `comes after ${MAX_WORK} numbers were moved or compared`);
  }

  /** Likewise. */
  make(onnx: OnnxNode, numbers: number): void {
    this.#made += numbers;
    if (this.#made > MAX_MADE) throw unsupported(onnx, `comes after ${MAX_MADE} numbers were computed`);
  }
}
