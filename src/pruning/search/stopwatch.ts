/** The duration of a search, without the time that it was paused. */
export class Stopwatch {
  #started = performance.now();

  restart(): void {
    this.#started = performance.now();
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Does not count the time until `wait` is settled. */
  stopFor(wait: Promise<void> | undefined): Promise<void> | undefined {
    if (!wait) return undefined;
    const stopped = performance.now();
    return wait.finally(() => {
      this.#started += performance.now() - stopped;
    });
  }
}
