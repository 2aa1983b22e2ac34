import seedrandom from 'seedrandom';

/** Reproducible test data. */
export function generator(seed: string) {
  const random = seedrandom.alea(seed);
  return {
    /** Whole numbers from 0 to below `end`. */
    below: (end: number) => Math.floor(random() * end),
    /** Uniform in [-scale, scale], float32. */
    floats: (length: number, scale = 1) => new Float32Array(length).map(() => (2 * random() - 1) * scale),
    /** Packed bits, each set with probability `density`. */
    bits: (length: number, density: number) => {
      const words = new Uint32Array(Math.ceil(length / 32));
      for (let i = 0; i < length; i++) if (random() < density) words[i >>> 5]! |= 1 << (i & 31);
      return words;
    },
  };
}
