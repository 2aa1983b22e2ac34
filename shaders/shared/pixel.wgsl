// Pixels of a layer's input x: [candidate, channel, row, column, pack].
override in_height: u32;
override in_width: u32;

// A pixel of the image. `first`: index of the first pixel, `stride`: from one to the next. Neither is loaded here: a load takes the
// software GPU as long as dozens of products.
fn pixel(first: u32, stride: u32, channel: u32, row: i32, column: i32) -> pack {
  return pixel_{pixels}(first, stride, channel, row, column);
}

fn pixel_inside(first: u32, stride: u32, channel: u32, row: i32, column: i32) -> pack {
  return x[first + ((channel * in_height + u32(row)) * in_width + u32(column)) * stride];
}

// Zero in the padding. `row` and `column` are the same for the whole workgroup, so it selects instead of branching. `&&` would
// branch: the software GPU then compiles for minutes if a kernel asks for eight pixels.
fn pixel_padded(first: u32, stride: u32, channel: u32, row: i32, column: i32) -> pack {
  // Before the image they wrap around and are too large too.
  let inside = (u32(row) < in_height) & (u32(column) < in_width);
  let at = select(0u, (channel * in_height + u32(row)) * in_width + u32(column), inside);
  return select(pack(0.0), x[first + at * stride], inside);
}
