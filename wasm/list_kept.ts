/**
 * Lists the kept weights of a layer, so that a kernel's work is proportional to the number of kept weights. An entry
 * has 8 bytes: the byte offset of the input that the weight multiplies, u32, and the weight, f32.
 *
 * @param mask bits of weight, in u32 words
 * @param weight [output, input] f32; for a convolution an input is [in_channel, kernel_row, kernel_column]
 * @param offsets [input] u32 byte offset of the input of the first group; see src/engine/wasm/tables.ts
 * @param outputs number of outputs or output channels
 * @param inputs number of weights per output
 * @param starts [output + 1] u32 byte address of each output's first entry, and the end of the last output's entries
 * @param entries [entry] of 8 bytes, with room for every weight
 * @param all 1 to list pruned weights too, with weight 0
 * @param groupOutputs outputs of a group: those that read the same inputs
 * @param groupBytes bytes from the inputs of one group to those of the next
 */
export function list_kept(
  mask: usize,
  weight: usize,
  offsets: usize,
  outputs: i32,
  inputs: i32,
  starts: usize,
  entries: usize,
  all: i32,
  groupOutputs: i32,
  groupBytes: i32,
): void {
  let entry = entries;
  let first = 0; // index of the output's first weight
  for (let output = 0; output < outputs; output++) {
    store<u32>(starts + (output << 2), <u32>entry);
    const group = (output / groupOutputs) * groupBytes;
    for (let input = 0; input < inputs; input += 32) {
      const count = min(inputs - input, 32);
      const bits = bitsFrom(mask, first + input, count);
      let rest = all ? bitsBelow(count) : bits;
      while (rest) {
        const i = ctz(rest);
        const w = load<f32>(weight + ((first + input + i) << 2));
        store<u32>(entry, load<u32>(offsets + ((input + i) << 2)) + group);
        store<f32>(entry, (bits >>> i) & 1 ? w : <f32>0, 4);
        entry += 8;
        rest &= rest - 1;
      }
    }
    first += inputs;
  }
  store<u32>(starts + (outputs << 2), <u32>entry);
}

/** `count` mask bits, 1 to 32, from bit `first` on. */
function bitsFrom(mask: usize, first: i32, count: i32): u32 {
  const word = mask + ((first >>> 5) << 2);
  const shift = first & 31;
  let bits = load<u32>(word) >>> shift;
  // Read the next word only if it has some of the bits: it may not exist, and a shift by 32 would be a shift by 0.
  if (shift + count > 32) bits |= load<u32>(word, 4) << (32 - shift);
  return bits & bitsBelow(count);
}

/** The lowest `count` bits set, 1 to 32. */
function bitsBelow(count: i32): u32 {
  return (<u32>0xffffffff) >>> (32 - count);
}
