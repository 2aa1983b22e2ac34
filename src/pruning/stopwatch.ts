/** Time that a search takes, without that for which it was held. */
export class Stopwatch {
  #started = performance.now();

  restart(): void {
    this.#started = performance.now();
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** What passes until `wait` is settled does not count. */
  stopFor(wait: Promise<void> | undefined): Promise<void> | undefined {
    if (!wait) return undefined;
    const stopped = performance.now();
    return wait.finally(() => {
      this.#started += performance.now() - stopped;
    });
  }
}
