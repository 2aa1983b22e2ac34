import type { ByteImages } from '../data/dataset.ts';
import { MasksearchError } from '../core/error.ts';
import { decodeSafetensors } from './safetensors/tensors.ts';
import { shown } from './safetensors/header.ts';

/**
 * The images of the bundled file, class by class: safetensors with U8 `images` [image, row, column] and U8 `labels`
 * [image]. Throws 'bad-input' for anything else.
 */
export function decodeMnist(bytes: Uint8Array): ByteImages {
  const { tensors } = decodeSafetensors(bytes);
  const take = (name: string, rank: number) => {
    const tensor = tensors.get(name);
    if (tensor?.dtype === 'U8' && tensor.shape.length === rank) return tensor;
    const found = tensor === undefined ? 'no' : `a ${tensor.dtype} ${shown(tensor.shape)}`;
    throw new MasksearchError(
      'bad-input',
      `the image file has ${found} tensor "${name}", only U8 with ${rank} dimension${rank === 1 ? '' : 's'} is allowed`,
      'run `npm run build`',
    );
  };
  const images = take('images', 3);
  const [count, height, width] = images.shape as [number, number, number];
  return labelled({ count, height, width, pixels: images.data }, take('labels', 1).data);
}

/** Throws 'bad-input' unless there is one label, 0 to 9, per image. */
function labelled(images: Omit<ByteImages, 'labels'>, labels: Uint8Array): ByteImages {
  const refuse = (message: string) => new MasksearchError('bad-input', message, 'run `npm run build`');
  if (labels.length !== images.count) {
    throw refuse(`there are ${labels.length} labels for ${images.count} images, one per image is allowed`);
  }
  const at = labels.findIndex((label) => label > 9);
  if (at >= 0) throw refuse(`label ${at} is ${labels[at]}, 0 to 9 are allowed`);
  return { ...images, labels };
}
