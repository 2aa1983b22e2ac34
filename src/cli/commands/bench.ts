/** `masksearch bench`: measurements, each a command of its own. */
import { benchKernels } from './bench-kernels.ts';
import { benchSchedule } from './bench-schedule.ts';
import type { CommandGroup } from '../command.ts';

export const bench: CommandGroup = {
  summary: 'measures speed, and what each way to save work is worth',
  commands: { kernels: benchKernels, schedule: benchSchedule },
};
