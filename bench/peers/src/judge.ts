/** Compares public files of every format with programs by others; exit code 1 if scores or accuracies differ by more than rounding. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openEngine } from 'masksearch/node';
import { compareFile, MAX_DIFFERENCE } from './judges/compare.ts';
import { JUDGED_FILES } from './judges/files.ts';

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: fileURLToPath(new URL('../../../../shared/models', import.meta.url)) },
    only: { type: 'string', default: '' },
  },
});
if (!existsSync(values.models)) throw new Error(`there is no folder ${values.models}`);
const engine = await openEngine({ device: 'wasm' });
console.log('file | judge | images | scores | scores, pruned | accuracy reported | judged');
let failed = 0;
for (const file of JUDGED_FILES.filter(({ path }) => path.includes(values.only))) {
  const lack = file.judge.lack?.();
  if (lack !== undefined) {
    console.log(`${file.path} | left out: ${lack}`);
    continue;
  }
  const { images, scores, pruned, accuracy } = await compareFile(file, values.models, engine);
  const isWrong =
    !(scores <= MAX_DIFFERENCE && pruned <= MAX_DIFFERENCE) || accuracy?.reported !== accuracy?.judged;
  if (isWrong) failed++;
  const shares = accuracy ? [accuracy.reported, accuracy.judged] : ['-', '-'];
  const figures = [images, scores.toExponential(1), pruned.toExponential(1), ...shares];
  console.log([file.path, file.judge.name, ...figures].join(' | ') + (isWrong ? ' | DIFFERS' : ''));
}
await engine.close();
process.exitCode = failed > 0 ? 1 : 0;
