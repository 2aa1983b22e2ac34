/** Masks with the weights that they leave repaired: what `repair` and `evaluate` do with a file of masks. */
import { MasksearchError } from '../core/error.ts';
import { countPruned, type Masks } from '../core/mask.ts';
import { optionName, phrase } from '../core/phrase.ts';
import { pickImages, type ImageSet } from '../data/dataset.ts';
import type { Calibrator, Engine } from '../engine/backend.ts';
import type { RepairRecord } from '../formats/safetensors/repair-record.ts';
import type { Model } from '../network/model.ts';
import { DEFAULT_RIDGE, repaired, type Repair } from '../repair/repair.ts';

export interface RepairMasksOptions {
  /** Default: `least-squares`. */
  readonly repair?: Repair | undefined;
  /** `auto`: chosen for each layer by a fifth of the images. Default: `DEFAULT_RIDGE`. */
  readonly ridge?: number | 'auto' | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RepairedMasks {
  readonly model: Model;
  /** By layer; undefined for one whose weights are as they were. */
  readonly ridges: readonly (number | undefined)[];
}

/**
 * `model`, the unpruned network, with its weights under `masks` repaired on `images`. Rejects with 'bad-input' for masks that prune nothing, and for a ridge `auto`
 * with fewer images than 2; else as `repaired`.
 */
export async function repairMasks(
  engine: Engine,
  model: Model,
  masks: Masks,
  images: ImageSet,
  { repair = 'least-squares', ridge = DEFAULT_RIDGE, signal }: RepairMasksOptions = {},
): Promise<RepairedMasks> {
  if (countPruned(masks) === 0) throw nothingPruned();
  const isDivided = ridge === 'auto' && repair === 'least-squares';
  const { fit, heldOut } = isDivided ? divided(images) : { fit: images, heldOut: undefined };
  const opened: Calibrator[] = [];
  const open = async (own: ImageSet) => {
    const calibrator = await engine.calibrator(model, own);
    opened.push(calibrator);
    return calibrator;
  };
  try {
    const ridges: (number | undefined)[] = masks.map(() => undefined);
    const found = await repaired(await open(fit), model, masks, {
      repair,
      ridge: ridge === 'auto' ? undefined : ridge,
      heldOut: heldOut && (await open(heldOut)),
      onRidge: (layer, own) => (ridges[layer] = own),
      signal,
    });
    return { model: found, ridges };
  } finally {
    for (const calibrator of opened) await calibrator.close();
  }
}

/** For the file of the masks. */
export function recordOf(
  { repair = 'least-squares', ridge = DEFAULT_RIDGE }: RepairMasksOptions,
  { count }: Pick<ImageSet, 'count'>,
): RepairRecord {
  return { repair, ridge: repair === 'least-squares' ? ridge : undefined, calibration: count };
}

/** One image of so many is held out. */
const HELD_OUT = 5;

/** Every fifth image is held out; of fewer than five, the last. Files may have images in the order of their classes. */
function divided(images: ImageSet): { readonly fit: ImageSet; readonly heldOut: ImageSet } {
  const { count } = images;
  if (count < 2)
    throw new MasksearchError(
      'bad-input',
      phrase`${optionName('ridge')} auto holds out some of the calibration images, and there is one`,
      'pass a number, or more images',
      { option: 'ridge' },
    );
  const step = Math.min(HELD_OUT, count);
  const where = (isHeldOut: boolean) =>
    Uint32Array.from({ length: count }, (_, i) => i).filter((i) => (i % step === step - 1) === isHeldOut);
  return { fit: pickImages(images, where(false)), heldOut: pickImages(images, where(true)) };
}

function nothingPruned(): MasksearchError {
  return new MasksearchError(
    'bad-input',
    'nothing is pruned, so there is nothing to repair',
    phrase`name masks by ${optionName('masks')}`,
  );
}
