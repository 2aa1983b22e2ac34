/**
 * The kernels of the WebAssembly backend, in AssemblyScript. They are twins of the shaders of the same name;
 * `load_images`, `list_kept` and `im2col` have no shader. The host lays out the memory (src/engine/wasm/layout.ts); every pointer
 * is a byte address.
 *
 * Images are innermost, in blocks of 24, and every tensor of a block has two parts of 12 images, outermost or innermost: [part,
 * channel, row, column, 12] or [channel, row, column, part, 12] f32. Six 128-bit vectors are the most sums that stay in
 * registers beside their inputs (docs/webassembly.md): two neighbouring pixels of a part, or one feature of both. There are
 * no relaxed instructions and no fused multiply-adds, so every machine computes the same bits.
 *
 * Kernels and their helpers take many positional numbers: this is a binary interface, and an object would have to be
 * allocated.
 */
export { copy_words } from './copy_words';
export { fma_chain } from './fma_chain';
export { load_images } from './load_images';
export { list_kept } from './list_kept';
export { masked_conv2d } from './masked_conv2d';
export { masked_dense } from './masked_dense';
export { masked_depthwise_conv2d } from './masked_depthwise_conv2d';
export { pool2d } from './pool2d';
export { affine } from './affine';
export { add } from './add';
export { concat } from './concat';
export { pad } from './pad';
export { gather_images } from './gather_images';
export { im2col } from './im2col';
export { second_moments } from './second_moments';
export { softmax_cross_entropy } from './softmax_cross_entropy';
export { soft_cross_entropy } from './soft_cross_entropy';
export { sigmoid_cross_entropy } from './sigmoid_cross_entropy';
export { squared_error } from './squared_error';
