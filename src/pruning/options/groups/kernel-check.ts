import { flag } from '../kinds.ts';

/** Whether to check the final masks on the WebGPU kernels. */
export const checkOption = {
  check: flag('evaluate the final masks on the WebGPU kernels too, even on a software adapter'),
};
