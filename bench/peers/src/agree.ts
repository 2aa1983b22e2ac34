/** Compares the losses and accuracies of masksearch, onnxruntime and TensorFlow.js on random masks. */
import { takeImages, type Evaluation, type ImageSet, type Masks, type Model } from 'masksearch';
import { loadMnist, loadModel } from 'masksearch/node';
import { contestants, type Contestant } from './contestants.ts';
import { countOption, deviceOption, readOptions, runCommand, sharedOptions } from './options.ts';
import { fallingMasks, randomModel } from './random.ts';
import { markdownTable } from './table.ts';

const options = {
  images: { placeholder: 'N', description: 'first N of the search images (2000)' },
  masks: { placeholder: 'N', description: 'random masks of each model (20)' },
  threads: { placeholder: 'N', description: 'threads of those that have any (2)' },
  ...sharedOptions,
};

/** Densities of the first and the last masks. */
const DENSITIES = [1, 0.05] as const;

/** What float32 sums in different orders may come to. */
const LOSS_TOLERANCE = 1e-5;
/** Images whose largest two scores are as good as equal. */
const IMAGE_TOLERANCE = 1;

/** Results of one contestant, a mask each. */
interface Column {
  readonly name: string;
  readonly losses: readonly number[];
  /** Images classified right. */
  readonly correct: readonly number[];
}

interface Difference {
  readonly relativeLoss: number;
  readonly images: number;
}

await runCommand(async () => {
  const given = readOptions('agree', options);
  const images = takeImages((await loadMnist()).search, countOption('images', given.images, 2000));
  const count = countOption('masks', given.masks, 20);
  const threads = countOption('threads', given.threads, 2);
  const device = deviceOption(given.device);
  const compared = contestants(device).filter(({ name, way }) => name === 'masksearch' || way === 'plain');
  const models: readonly (readonly [string, Model])[] = [
    ['trained, sigmoid', await loadModel()],
    ['random, tanh', randomModel('tanh')],
    ['random, relu', randomModel('relu')],
  ];

  let agree = true;
  for (const [name, model] of models) {
    const columns: Column[] = [];
    for (const contestant of compared) {
      columns.push(await evaluate(contestant, model, images, count, threads));
    }
    const difference = largestDifference(columns);
    console.log(`\nModel: ${name}, ${images.count} images\n\n${tableOf(columns)}\n`);
    console.log(`Largest relative difference of losses ${difference.relativeLoss.toExponential(1)}`);
    console.log(`Largest difference of accuracies ${difference.images} images`);
    agree &&= difference.relativeLoss <= LOSS_TOLERANCE && difference.images <= IMAGE_TOLERANCE;
  }
  console.log(
    `\n${agree ? 'They agree' : 'They do not agree'}: ${LOSS_TOLERANCE} of a loss and ${IMAGE_TOLERANCE} image are allowed.`,
  );
  return agree ? 0 : 1;
});

async function evaluate(
  contestant: Contestant,
  model: Model,
  images: ImageSet,
  count: number,
  threads: number,
): Promise<Column> {
  const opened = await contestant.open({ model, images }, threads, Math.min(images.count, 500));
  try {
    const masks: readonly Masks[] = fallingMasks(opened.evaluator.layers, count, DENSITIES);
    const evaluations = await opened.evaluator.evaluate(masks.map((masks) => ({ masks })));
    const full = evaluations.map(inFull);
    return {
      name: contestant.runtime,
      losses: full.map(({ loss }) => loss),
      correct: full.map(({ accuracy }) => Math.round(accuracy! * images.count)),
    };
  } finally {
    await opened.close();
  }
}

function inFull(evaluation: Evaluation) {
  if (evaluation.exceeded) throw new Error('a candidate without a limit was said to exceed it');
  return evaluation;
}

/** Over all masks and all pairs. */
function largestDifference([first, ...others]: readonly Column[]): Difference {
  let relativeLoss = 0;
  let images = 0;
  first!.losses.forEach((_, m) => {
    const losses = [first!, ...others].map((column) => column.losses[m]!);
    const correct = [first!, ...others].map((column) => column.correct[m]!);
    relativeLoss = Math.max(relativeLoss, (Math.max(...losses) - Math.min(...losses)) / Math.min(...losses));
    images = Math.max(images, Math.max(...correct) - Math.min(...correct));
  });
  return { relativeLoss, images };
}

function tableOf(columns: readonly Column[]): string {
  const head = ['mask', ...columns.flatMap(({ name }) => [`loss, ${name}`, 'correct'])];
  const rows = columns[0]!.losses.map((_, m) => [
    `${m + 1}`,
    ...columns.flatMap(({ losses, correct }) => [losses[m]!.toFixed(7), `${correct[m]!}`]),
  ]);
  return markdownTable(head, rows);
}
