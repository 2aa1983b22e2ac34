import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseLdd, runtimeVersion } from '../../../scripts/portable/shared-libraries.ts';
import { MasksearchError } from '../../../src/core/error.ts';

const OUTPUT = `\tlinux-vdso.so.1 (0x00007f23dbb9e000)
\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f23dbb88000)
\tlibstdc++.so.6 => /lib/x86_64-linux-gnu/libstdc++.so.6 (0x00007f23db800000)
\tlibnode.so.115 => /usr/lib/libnode.so.115 (0x00007f23db800000)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f23db61e000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f23dbba0000)
`;

test('what is not of glibc', () => {
  assert.equal(
    [...parseLdd(OUTPUT)],
    [
      ['libstdc++.so.6', '/lib/x86_64-linux-gnu/libstdc++.so.6'],
      ['libnode.so.115', '/usr/lib/libnode.so.115'],
    ],
  );
  assert.is(parseLdd('\tstatically linked\n').size, 0);
});

test('a library that is missing', () => {
  assert.throws(
    () => parseLdd('\tlibuv.so.1 => not found\n'),
    (error: unknown) => error instanceof MasksearchError && /^libuv\.so\.1/.test(error.message),
  );
});

test('the version of the C++ runtime', () => {
  assert.is(runtimeVersion('/usr/lib/libstdc++.so.6.0.30'), 30);
  assert.is(runtimeVersion('/usr/lib/libstdc++.so.6'), 0);
});

test.run();
