/** Values made of several arrays, by the identity of the arrays; forgotten with any of them. */
export class ArrayMemo {
  readonly #root = new WeakMap<Float32Array, unknown>();

  get(keys: readonly Float32Array[], make: () => Float32Array): Float32Array {
    let level = this.#root;
    for (const key of keys.slice(0, -1)) {
      const next = (level.get(key) ?? new WeakMap()) as WeakMap<Float32Array, unknown>;
      level.set(key, next);
      level = next;
    }
    const last = keys.at(-1)!;
    const known = level.get(last) as Float32Array | undefined;
    if (known) return known;
    const made = make();
    level.set(last, made);
    return made;
  }
}
