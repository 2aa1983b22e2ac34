/** `masksearch doctor`: what this machine has to run on, and what to do about what is missing. */
import { EXIT, type Command } from '../../command.ts';
import { commonOptions } from '../../options/common.ts';
import { parseOptions } from '../../options/parse.ts';
import { makeReport } from './report.ts';
import { doctorText } from './text.ts';

const options = { ...commonOptions };

export const doctor: Command = {
  summary: 'prints what this machine has to run on, and what is missing',
  help: `Prints which WebGPU adapters this machine has, with their limits and round-trip time, whether the kernels on them agree
with float64, and what to do about what is missing.`,
  options,
  async run(args) {
    const { json } = parseOptions(options, args);
    const report = await makeReport();
    console.log(json ? JSON.stringify(report, null, 2) : doctorText(report));
    return EXIT.done;
  },
};
