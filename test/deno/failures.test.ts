/** Failures on wgpu: messages with line and column, refused commands, a lost device. */
import '../gpu/failures.test.ts';
