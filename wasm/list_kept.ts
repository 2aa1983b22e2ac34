/**
 * Lists the kept weights of a layer from its mask bits, so that the kernels' work is proportional to what is kept.
 * An entry is 8 bytes: the u32 byte offset of the input that the weight multiplies, and the f32 weight.
 *
 * @param mask bits of weight
 * @param weight [output, input] f32; for a convolution an input is [in_channel, kernel_row, kernel_column]
 * @param offsets [input] u32
 * @param starts [output + 1] u32: byte address of each output's first entry, and the end of the last
 * @param entries room for one entry per weight
 * @param all 1 to list pruned weights too, as 0
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
): void {
  let entry = entries;
  let first = 0; // index of the output's first weight
  for (let output = 0; output < outputs; output++) {
    store<u32>(starts + (output << 2), <u32>entry);
    for (let input = 0; input < inputs; input += 32) {
      const count = min(inputs - input, 32);
      const bits = bitsFrom(mask, first + input, count);
      let rest = all ? bitsBelow(count) : bits;
      while (rest) {
        const i = ctz(rest);
        const w = load<f32>(weight + ((first + input + i) << 2));
        store<u32>(entry, load<u32>(offsets + ((input + i) << 2)));
        store<f32>(entry, (bits >>> i) & 1 ? w : <f32>0, 4);
        entry += 8;
        rest &= rest - 1;
      }
    }
    first += inputs;
  }
  store<u32>(starts + (outputs << 2), <u32>entry);
}

/** `count` bits of the mask, 1 to 32, from bit `first` on. */
function bitsFrom(mask: usize, first: i32, count: i32): u32 {
  const word = mask + ((first >>> 5) << 2);
  const shift = first & 31;
  let bits = load<u32>(word) >>> shift;
  // A shift by 32 would be one by 0; and the next word, which may not exist, is only read for bits that it has.
  if (shift + count > 32) bits |= load<u32>(word, 4) << (32 - shift);
  return bits & bitsBelow(count);
}

function bitsBelow(count: i32): u32 {
  return (<u32>0xffffffff) >>> (32 - count);
}
