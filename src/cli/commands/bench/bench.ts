/** `masksearch bench`: one command per benchmark. */
import { benchKernels } from './kernels.ts';
import { benchSchedule } from './schedule.ts';
import type { CommandGroup } from '../../command.ts';

export const bench: CommandGroup = {
  summary: 'measures the speed of the kernels, and what each optimization saves',
  commands: { kernels: benchKernels, schedule: benchSchedule },
};
