/** `masksearch sensitivity`: loss and accuracy over the sparsity of each layer alone. */
import { VERSION } from '../../core/version.ts';
import { holdBack } from '../../data/dataset.ts';
import { taskOf } from '../../network/task.ts';
import { openEngine } from '../../node.ts';
import { calibrationImages } from '../../pruning/calibration.ts';
import { BUNDLED_NAME } from '../../pruning/files/prune-result.ts';
import { affordableImages, imagesOfSplit } from '../../pruning/images.ts';
import { DEFAULTS } from '../../pruning/options/defaults.ts';
import { checkRepairOptions } from '../../pruning/options/effect.ts';
import { imagesOption, splitOption } from '../../pruning/options/groups/images.ts';
import { calibrationOption, ridgeOption } from '../../pruning/options/groups/repair.ts';
import { choice, numbers, path } from '../../pruning/options/kinds.ts';
import { sensitivityCsv } from '../../report/sensitivity/csv.ts';
import { imagesText } from '../../report/sensitivity/ranking.ts';
import { sensitivityJson, type SensitivityResult } from '../../report/sensitivity/result.ts';
import { sensitivityText } from '../../report/sensitivity/text.ts';
import { checkedSparsities, DEFAULT_SPARSITIES, sensitivityOf } from '../../sensitivity/sensitivity.ts';
import { EXIT, type Command } from '../command.ts';
import { commonOptions } from '../options/common.ts';
import { dataOptions, loadSplits } from '../options/data.ts';
import { describeDevice, deviceOptions } from '../options/device.ts';
import { loadChosenModel, modelOptions } from '../options/model.ts';
import { parseOptions } from '../options/parse.ts';
import { checkOutputFolder, newRunFolder, writeRun } from '../output-folder.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { StatusLine } from '../terminal/status-line.ts';

const FILES = ['sensitivity.csv', 'sensitivity.json', 'sensitivity.html'] as const;

const options = {
  sparsities: numbers(
    'F,…',
    `fractions of a layer's weights, separated by commas (default ${DEFAULT_SPARSITIES.join(',')})`,
    { example: 0.9 },
  ),
  repair: choice(['least-squares', 'none'], 'what is evaluated beside the frozen weights', {
    default: 'least-squares',
  }),
  ...ridgeOption,
  ...calibrationOption,
  ...modelOptions,
  ...dataOptions,
  split: {
    ...splitOption.split,
    description: `images to evaluate on (default ${DEFAULTS.split}: its tuning images)`,
  },
  ...imagesOption,
  ...deviceOptions,
  out: path('DIR', 'folder for the files (default: a new folder under runs/)'),
  ...commonOptions,
};

export const sensitivity: Command = {
  summary: 'shows how loss and accuracy react when one layer alone is pruned',
  help: `Prunes each layer alone to a few sparsities, all other layers unpruned, and prints loss and accuracy: frozen, where the
weights of least magnitude go and the others stay as they are, and repaired, where the weights go whose loss costs least
and the others are fitted by least squares. Layers that are too large to repair have the frozen figures alone. Leaves
sensitivity.csv, sensitivity.json and sensitivity.html in a folder; interrupted, it writes nothing.

Images are the tuning images, four fifths of the search split, unless --split says otherwise; test images are then not
seen. The float64 reference takes the first 500 of them.`,
  options,
  async run(args) {
    const values = parseOptions(options, args);
    checkRepairOptions(values.repair ?? 'least-squares', values);
    const { split = DEFAULTS.split, sparsities = DEFAULT_SPARSITIES } = values;
    const asked = checkedSparsities([sparsities].flat());
    const folder = values.out ?? (await newRunFolder('sensitivity', new Date()));
    await checkOutputFolder(folder, FILES, 'sensitivity', [values.model]);
    const model = await loadChosenModel(values);
    const splits = await loadSplits(values, model);
    const all = imagesOfSplit(splits, split);
    // As of a search: its validation images stay unseen.
    const wanted = split === 'search' ? holdBack(all, 'the search split').tuning : all;
    const fitted = values.repair === 'none' ? undefined : calibrationImages(splits, values.calibration);
    affordableImages(wanted, values.images, split, undefined);
    const engine = await openEngine(values);
    const status = new StatusLine();
    const interrupt = onInterrupt((again) => status.print(`Interrupted: nothing is written. ${again}`));
    const { signal } = interrupt;
    try {
      const images = affordableImages(wanted, values.images, split, engine);
      status.print(
        `Evaluating on ${imagesText({ images: images.count, split })} on ${describeDevice(engine.device, values.device)}.`,
      );
      const started = performance.now();
      const found = await sensitivityOf(engine, model, images, {
        sparsities: asked,
        calibration: fitted,
        ridge: values.ridge,
        signal,
        onLayer: (name, done, layers) => status.update(() => `${name}: layer ${done + 1} of ${layers}`),
      });
      const seconds = (performance.now() - started) / 1000;
      const { kind, vendor, architecture, description } = engine.device;
      const result: SensitivityResult = {
        version: VERSION,
        model: values.model ?? BUNDLED_NAME,
        task: taskOf(model),
        split,
        images: images.count,
        calibration: fitted?.count,
        ...found,
        device: { kind, vendor, architecture, description },
        seconds,
      };
      const json = sensitivityJson(result);
      // Loaded only here: the charts take half a second to load.
      const { sensitivityHtml } = await import('../../report/sensitivity/html.ts');
      const files = {
        'sensitivity.csv': sensitivityCsv(result),
        'sensitivity.json': json,
        'sensitivity.html': sensitivityHtml(result),
      };
      signal.throwIfAborted();
      // From here on files are written, so an interrupt must not say that nothing is.
      interrupt.release();
      status.clear();
      await writeRun(folder, FILES, files);
      console.log(
        values.json ? json.trimEnd() : `${sensitivityText(result)}\n\nReport  ${folder}/sensitivity.html`,
      );
      return EXIT.done;
    } catch (error) {
      // After an interrupt, errors are its consequences.
      if (!signal.aborted) throw error;
      return EXIT.interrupted;
    } finally {
      status.clear();
      interrupt.release();
      await engine.close();
    }
  },
};
