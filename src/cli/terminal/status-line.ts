/** A line on standard error: rewritten in place on a terminal, printed every ten seconds elsewhere. */

const TERMINAL_INTERVAL = 100; // ms
const PLAIN_INTERVAL = 10_000; // ms

export class StatusLine {
  readonly #stream = process.stderr;
  #last = -Infinity;
  #shown = false;

  /** Shows the text of `describe`, unless the last one was shown a moment ago. */
  update(describe: () => string): void {
    const now = performance.now();
    const { isTTY, columns = 80 } = this.#stream;
    if (now - this.#last < (isTTY ? TERMINAL_INTERVAL : PLAIN_INTERVAL)) return;
    this.#last = now;
    if (isTTY) {
      this.#stream.write(`\r\x1b[K${describe().slice(0, columns - 1)}`);
      this.#shown = true;
    } else {
      this.#stream.write(`${describe()}\n`);
    }
  }

  /** Replaces the line by one that stays. */
  print(line: string): void {
    this.clear();
    this.#stream.write(`${line}\n`);
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}
