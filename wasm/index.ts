/**
 * The kernels of the WebAssembly backend: AssemblyScript twins, by name, of the shaders. All memory is laid out by the
 * host (src/engine/wasm/layout.ts); every pointer is a byte address.
 *
 * Images are innermost, in blocks of 24: six 128-bit vectors, the most sums that stay in registers beside their inputs
 * (docs/webassembly.md). A convolution works on half a block and two neighbouring pixels, a dense layer on a block.
 * No relaxed instructions and no fused multiply-add, so every machine computes the same bits.
 */
export { copy_words } from './copy_words';
export { fma_chain } from './fma_chain';
export { load_images } from './load_images';
export { list_kept } from './list_kept';
export { masked_conv2d } from './masked_conv2d';
export { masked_dense } from './masked_dense';
export { gather_images } from './gather_images';
export { softmax_cross_entropy } from './softmax_cross_entropy';
