/** One run of a kernel: what a device gets, and what must come of it. */
export interface KernelCase<Input, Output> {
  /** Its shape and data, for the name of the test. */
  readonly name: string;
  /** Made when the test runs. */
  readonly input: () => Input;
  /**
   * Throws unless `output` is what the float64 reference gives, within a derived bound; and unless the smallest mistake
   * would have been noticed.
   */
  readonly check: (output: Output, input: Input) => void;
}

export type KernelCases<Input, Output> = readonly KernelCase<Input, Output>[];
