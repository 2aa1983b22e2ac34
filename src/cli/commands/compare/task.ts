/** The comparison that options ask for. */
import type { ComparisonTask, SubjectSplit } from '../../../compare/task.ts';
import { DEFAULT_CALIBRATION } from '../../../pruning/calibration.ts';
import { takeImages, type ImageSet } from '../../../data/dataset.ts';
import type { Engine } from '../../../engine/backend.ts';
import { affordableImages, holdBackFrom, REFERENCE_IMAGES } from '../../../pruning/images.ts';
import { checkImportance } from '../../../pruning/options/effect.ts';
import { defaultRepair, repairTask } from '../../../pruning/repaired/task.ts';
import { paperSpec, repairedSpec, tunedSpec } from '../../../pruning/search/spec.ts';
import { seedsOf, type CompareValues } from './options.ts';
import { paperSplit, tunedSplits, type CalibratedSplit } from './splits.ts';

/** Makes the task for an engine, of which the reference affords fewer images; without one, for checks. */
export type TaskFor = (engine?: Engine) => ComparisonTask;

/** Loads models and images. Throws 'bad-input' for options that do not go together. */
export function loadTask(values: CompareValues): Promise<TaskFor> {
  return values.preset === 'tuned' ? loadTunedTask(values) : loadPaperTask(values);
}

async function loadPaperTask(values: CompareValues): Promise<TaskFor> {
  const subject = await paperSplit(values);
  const seeds = seedsOf(values);
  const specs = (['sa', 'ga'] as const).flatMap((method) =>
    seeds.map((seed) => paperSpec(method, { ...values, seed })),
  );
  const { split = 'search' } = values;
  return (engine) => ({ preset: 'paper', split, splits: [affordable(values, subject, engine)], specs });
}

async function loadTunedTask(values: CompareValues): Promise<TaskFor> {
  const subjects = await tunedSplits(values);
  const { split = 'search' } = values;
  const repairFor = (engine: Engine | undefined) =>
    values.repair ?? defaultRepair('tuned', subjects[0]!.model.network, engine);
  const repairOf = (
    { splits, images }: Pick<CalibratedSplit, 'splits' | 'images'>,
    engine: Engine | undefined,
  ) => {
    const repair = repairFor(engine);
    if (repair === 'none') return undefined;
    return repairTask({ repair, wanted: values.calibration }, splits, { images, split });
  };
  checkImportance(repairFor(undefined), values);
  return (engine) => ({
    preset: 'tuned',
    split,
    splits: subjects.map((subject) => {
      const own = affordable(values, subject, engine);
      holdBackFrom(own.images, values.images, split);
      return {
        ...own,
        calibration: affordableCalibration(values, subject.calibration, engine),
        repair: repairOf({ splits: subject.splits, images: own.images }, engine),
      };
    }),
    specs: seedsOf(values).map((seed) => {
      const spec = tunedSpec({ ...values, seed });
      return repairFor(engine) === 'none' ? spec : repairedSpec(spec, values);
    }),
    baselines: values.baselines,
    randomSearch: values.randomSearch,
  });
}

/** Of calibration images that were not limited by an option, as many as the device affords. */
function affordableCalibration(
  { calibration: wanted }: CompareValues,
  images: ImageSet,
  engine: Engine | undefined,
): ImageSet {
  if (wanted !== undefined) return images;
  const affordable = engine?.device.kind === 'reference' ? REFERENCE_IMAGES : DEFAULT_CALIBRATION;
  return takeImages(images, Math.min(images.count, affordable));
}

function affordable<Test extends ImageSet | undefined>(
  { images: wanted, split = 'search' }: CompareValues,
  subject: SubjectSplit<Test>,
  engine: Engine | undefined,
): SubjectSplit<Test> {
  return { ...subject, images: affordableImages(subject.images, wanted, split, engine) };
}
