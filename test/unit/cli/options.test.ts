import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  assertRefused,
  assertRefusedHere,
  inFolder,
  listing,
  run,
  testRefusals,
  type Refusals,
} from '../../helpers/cli.ts';

testRefusals('', [
  [
    'bogus',
    /'bogus' is not a command; use one of prune, pick, repair, sensitivity, compare, evaluate, inspect, train, doctor\b/,
  ],
  ['toString', /'toString' is not a command/],
  [[''], /'' is not a command/],
  ['--json', /'--json' is not a command/],
  ['pr\nune', /is not a command/],
]);

// Makes the run short if the bad option is accepted. Later options replace earlier ones.
const short = '--images 20 --device reference';
const paper = `--preset paper --iterations 1 ${short} --out found`;
const tuned = `--evaluations 10 ${short} --out found`;

testRefusals({ command: 'prune', base: paper }, [
  ['--nope', /--nope is not an option/],
  ['--nope=1', /--nope is not an option/],
  ['-s', /-s is not an option/],
  ['--mutationRate 0.1', /--mutationRate is not an option/],
  ['--MUTATION-RATE 0.1', /--MUTATION-RATE is not an option/],
  ['--no-json', /--no-json is not an option/],
  ['--mutation 0.1', /--mutation is not an option/],
  ['--__proto__ x', /--__proto__ is not an option/],
  ['--constructor x', /--constructor is not an option/],

  ['stray', /'stray' is not an option/],
  ['-- stray', /'stray' is not an option/],
  ['stray\nword', /is not an option/],
  ['--json yes', /'yes' is not an option/],
  ['--json=yes', /--json takes no value/],
  ['--verbose=1', /--verbose takes no value/],
  ['--seed', /--seed has no value; pass/],
  ['--images', /--images has no value; pass/],
  ['--out --json', /--out has no value; pass/],
  ['--mutation-rate --seed 1', /--mutation-rate has no value/],

  ['--layers conv9', /--layers is conv9 but .* conv1, conv2, fc1, fc2, out\b/],
  ['--layers conv1,conv9', /--layers is conv9 but/],
  ['--layers Conv1', /--layers is Conv1 but/],
  ['--layers conv1;out', /--layers is conv1;out but/],
  ['--layers my-layers', /--layers is my-layers but/],
  [['--layers', ''], /--layers is empty but/],
  ['--layers ,', /--layers is empty but/],

  ['--mutation-rate 1.5', /--mutation-rate is 1\.5 but must be between 0 and 1\b/],
  ['--mutation-rate -0.1', /--mutation-rate is -0\.1 but must be between 0 and 1\b/],
  ['--mutation-rate=-0.1', /--mutation-rate is -0\.1 but must be between 0 and 1\b/],
  ['--mutation-rate abc', /--mutation-rate is 'abc' but must be a number/],
  ['--mutation-rate nan', /--mutation-rate is 'nan' but must be a number/],
  ['--mutation-rate Infinity', /--mutation-rate is 'Infinity' but must be a number/],
  ['--mutation-rate 0,1', /--mutation-rate is '0,1' but must be a number/],
  ['--mutation-rate 0x1', /--mutation-rate is '0x1' but must be a number/],
  ['--initial-temperature x', /must be a number; pass one such as 1\./],
  ['--max-loss-penalty x', /must be a number; pass one such as 100000000\./],
  ['--max-loss-penalty -1', /a number above 0; pass one such as 100000000\./],
  ['--iterations two', /must be a whole number from 1 to 1000000; pass one such as 200\./],
  ['--mutation-rate 2', /between 0 and 1; pass a fraction such as 0\.15\./],
  [['--mutation-rate', ''], /--mutation-rate is '' but must be a number/],
  ['--initial-temperature -1', /--initial-temperature is -1 but must be a number above 0\b/],
  ['--initial-temperature 0', /--initial-temperature is 0 but must be a number above 0\b/],
  ['--initial-temperature 1e999', /--initial-temperature is '1e999' but/],
  ['--loss-to-warmup 0', /--loss-to-warmup is 0 but must be a number above 0\b/],
  ['--loss-to-warmup -2', /--loss-to-warmup is -2 but/],
  ['--max-loss-penalty 0', /--max-loss-penalty is 0 but must be a number above 0\b/],
  ['--iterations 0', /--iterations is 0 but must be a whole number from 1 to 1000000; pass one such as 200/],
  ['--iterations -3', /--iterations is -3 but must be a whole number from 1 to 1000000/],
  ['--iterations 1.5', /--iterations is 1\.5 but must be a whole number from 1 to 1000000/],
  ['--iterations two', /--iterations is 'two' but/],
  // A whole number, but too large: the error must state the maximum.
  ['--iterations 1e99', /--iterations is 1e99 but must be a whole number .*(at most|up to|below|to) \d/],
  ['--iterations 1000001', /--iterations is 1000001 but must be a whole number from 1 to 1000000/],
  ['--images 0', /--images is 0 but must be a whole number from 1 to 9007199254740991/],
  ['--images -20', /--images is -20 but/],
  ['--images 2.5', /--images is 2\.5 but/],
  ['--images 2001', /--images is 2001 but must be at most 2000, the size of the search split\b/],
  ['--images 6001 --split train', /--images is 6001 but must be at most 6000, .* train split\b/],
  ['--images 10001 --split all', /--images is 10001 but must be at most 10000\b/],

  ['--targets student', /--targets is student but must be one of labels, teacher\b/],
  ['--split validation', /--split is validation but must be one of search, test, train, all\b/],
  ['--split my-split', /--split is my-split but/],
  ['--split a\nb', /--split is/],
  ['--split \x1b[31mred', /--split is/],
  [['--split', ''], /--split is (''|empty) but/],
  ['--device cuda', /--device is cuda but must be one of auto, webgpu, wasm, reference\b/],
  ['--device WebGPU', /--device is WebGPU but/],
  ['--threads 0', /--threads is 0 but must be a whole number/],
  ['--threads 9999', /--threads is 9999 but must be a whole number from 1 to 1024; pass one such as 2\./],
  [
    '--expect-accuracy 101',
    /--expect-accuracy is 101 but must be a number from 0 to 100; pass one such as 97\./,
  ],
  ['--expect-accuracy -1', /--expect-accuracy is -1 but must be a number from 0 to 100/],
  [['--disable', ''], /--disable is empty but must be among prefix-cache, .*speculation; name/],
  ['--disable ,', /--disable is empty but/],
  ['--disable magic', /--disable is magic but must be among prefix-cache, .*loss-limits/],
  ['--without reuse', /masksearch: --without is now --disable; pass --disable instead\.\n/],
  ['--without=reuse', /masksearch: --without is now --disable; /],
  [
    '--disable reuse,hardest-first',
    /hardest-first of --disable is now highest-loss-first; pass highest-loss-first instead\./,
  ],
  ['--variants reuse', /--variants is not an option of this command/],
  ['--check=true', /--check takes no value/],
  ['--method hill-climbing', /--method is hill-climbing but must be (one of )?sa\b/],
  ['--generations 5', /--generations has no effect on method sa; leave it out/],
  ['--method ga --iterations 5', /--iterations has no effect on method ga; leave it out/],
  ['--preset fast', /--preset is fast but must be one of tuned, paper\b/],
  ['--activation swoosh', /--activation is swoosh but must be one of .*sigmoid/],
  ['--std 0', /\bstd\b.* is 0\b/],
  ['--std -1', /\bstd\b.* is -1\b/],
  ['--std x', /--std is 'x' but must be a number/],
  ['--mean nan', /--mean is 'nan' but must be a number/],
  ['--mean 1e9', /\bmean\b.* is 1000000000\b/],
]);

// The same for preset tuned, which is the default.
testRefusals({ command: 'prune', base: tuned }, [
  ...(['max-accuracy-drop', 'max-loss-rise', 'max-loss', 'target-sparsity'] as const).flatMap(
    (name): Refusals => [
      [`--${name} 0`, new RegExp(`--${name} is 0 but must be (a number )?above 0\\b`)],
      [`--${name} -0.1`, new RegExp(`--${name} is -0\\.1 but must be (a number )?above 0\\b`)],
      [`--${name} x`, new RegExp(`--${name} is 'x' but must be a number`)],
    ],
  ),
  ['--max-accuracy-drop 100.1', /--max-accuracy-drop is 100\.1 but must be .* at most 100 percentage points/],
  ['--target-sparsity 1', /--target-sparsity is 1 but must be above 0 and below 1; .* 0\.8\./],
  [
    '--max-loss 0.2 --max-accuracy-drop 1',
    /--max-accuracy-drop and --max-loss are both given, but a search has one goal; leave one of them out/,
  ],
  ['--max-loss 0.2 --target-sparsity 0.5', /--max-loss and --target-sparsity are both given/],
  ['--target-sparsity 0.5 --max-accuracy-drop 1', /--max-accuracy-drop and --target-sparsity are both given/],
  [
    '--seconds 5',
    /--evaluations and --seconds are both given, but a search has one budget; leave one of them out/,
  ],
  ['--seconds 0', /--seconds is 0 but must be a number above 0; pass one such as 30\./],
  ['--seconds -1', /--seconds is -1 but must be a number above 0/],
  ['--evaluations 9', /--evaluations is 9 but must be a whole number from 10 to 10000000; .* 10000\./],
  ['--evaluations 0', /--evaluations is 0 but must be a whole number from 10 to 10000000; .* 10000\./],
  ['--evaluations 1', /--evaluations is 1 but must be a whole number from 10 to 10000000; .* 10000\./],
  ['--evaluations 1.5', /--evaluations is 1\.5 but must be a whole number/],
  ['--evaluations 10000001', /--evaluations is 10000001 but must be a whole number/],
  ['--patience 0', /--patience is 0 but must be a whole number from 1 to 10000000; .* 2000\./],
  ['--patience 2.5', /--patience is 2\.5 but must be a whole number/],
  ['--importance gradient', /--importance is gradient but must be one of none, learned, magnitude, wanda;/],
  [['--importance', ''], /--importance is empty but must be one of/],
  ['--layers conv9', /--layers is conv9 but .* conv1, conv2, fc1, fc2, out\b/],
  ['--iterations 5', /--iterations has no effect on preset tuned; leave it out, or add --preset paper\./],
  ['--loss-to-warmup 1', /--loss-to-warmup has no effect on preset tuned; .*--preset paper\./],
  ['--mutation-rate 0.1', /--mutation-rate has no effect on preset tuned; .*--preset paper\./],
  ['--initial-temperature 1', /--initial-temperature has no effect on preset tuned; /],
  ['--generations 5', /--generations has no effect on method sa; leave it out\./],
  ['--preset paper', /--evaluations has no effect on preset paper; leave it out\./],
  ['--method ga', /--evaluations has no effect on preset paper; leave it out\./],
  ['--pareto', /--pareto has no effect on method sa; use --method ga with --preset tuned\./],
  ['--population-size 8', /--population-size has no effect on method sa; leave it out\./],
  [
    '--method ga --preset tuned --generations 5',
    /--generations has no effect on preset tuned; leave it out, or add --preset paper\./,
  ],
  ['--method ga --preset tuned --iterations 5', /--iterations has no effect on method ga; leave it out\./],
  [
    '--method ga --preset tuned --population-size 1',
    /--population-size is 1 but must be a whole number from 2/,
  ],
]);

test('refuses too few images for preset tuned to hold one back', () =>
  inFolder((cwd) =>
    assertRefusedHere(
      `prune ${tuned} --images 4`,
      /--images is 4 but must be at least 5, of which one is held back for validation; use more\./,
      { cwd, announced: true },
    ),
  ));

for (const search of ['--preset paper', '--method ga']) {
  const ofTuned = [
    'max-accuracy-drop 1',
    'max-loss 0.2',
    'target-sparsity 0.5',
    'evaluations 100',
    'seconds 1',
  ];
  testRefusals(
    { command: `prune ${search}`, base: `${short} --out found` },
    [...ofTuned, 'patience 10', 'importance wanda'].map((option) => [
      `--${option}`,
      new RegExp(`--${option.split(' ')[0]} has no effect on preset paper; leave it out\\.`),
    ]),
  );
}

testRefusals({ command: 'prune', base: `--method ga ${short}` }, [
  ['--pareto', /--pareto has no effect on preset paper; use --method ga with --preset tuned\./],
  ['--elite-size 12', /--elite-size is 12 but must be a whole number from 0 to 11, below/],
  ['--population-size 1', /--elite-size is 2 .* a smaller --elite-size or a larger --population-size\./],
  ['--population-size 4', /a smaller --tournament-size or a larger --population-size\./],
  ['--population-size 10001', /--population-size is 10001 but must be a whole number from 1 to 10000;/],
  ['--population-size 1e9', /--population-size is 1e9 but must be/],
  ['--population-size 4294967296', /--population-size is 4294967296 but must be/],
  ['--population-size 9007199254740991', /--population-size is 9007199254740991 but must be/],
  ['--generations 1000001', /--generations is 1000001 but must be a whole number from 1 to 1000000;/],
  ['--crossover-rate 1.5', /between 0 and 1; pass a fraction such as 0\.9\./],
  ['--elite-size -1', /--elite-size is -1 but must be a whole number from 0 to 11/],
  ['--elite-size 1.5', /--elite-size is 1.5 but must be a whole number/],
  ['--tournament-size 13', /--tournament-size is 13 but must be at most 12, the size/],
  ['--population-size 4', /--tournament-size is 5 but must be at most 4, the size/],
  ['--population-size 0', /--population-size is 0 but must be a whole number/],
  ['--generations 0', /--generations is 0 but must be a whole number/],
  ['--crossover-rate 1.1', /--crossover-rate is 1.1 but must be between 0 and 1/],
  ['--mutation-rate -0.1', /--mutation-rate is -0.1 but must be between 0 and 1/],
]);

testRefusals({ command: 'evaluate', base: short }, [
  ['--nope', /--nope is not an option/],
  ['--iterations 5', /--iterations is not an option/],
  ['--out x', /--out is not an option/],
  ['stray', /'stray' is not an option/],
  ['--masks', /--masks has no value/],
  ['--json=1', /--json takes no value/],
  ['--split none', /--split is none but/],
  ['--images 0', /--images is 0 but/],
  ['--images 2001', /--images is 2001 but must be at most 2000, the size of the test split\b/],
  ['--device gpu', /--device is gpu but/],
  ['--activation Sigmoid', /--activation is Sigmoid but/],
  ['--std 0', /\bstd\b.* is 0\b/],
  ['--mean nan', /--mean is 'nan' but/],
]);

testRefusals({ command: 'train', base: '--epochs 1 --out found.safetensors --batch-size 500' }, [
  ['--nope', /--nope is not an option/],
  ['--images 5', /--images is not an option/],
  ['stray', /'stray' is not an option/],
  ['--out', /--out has no value/],
  ['--epochs 0', /--epochs is 0 but must be a whole number from 1 to 9007199254740991/],
  ['--epochs -1', /--epochs is -1 but/],
  ['--epochs 1.5', /--epochs is 1\.5 but/],
  ['--batch-size 0', /--batch-size is 0 but/],
  ['--learning-rate -1', /--learning-rate is -1\b/],
  ['--learning-rate 0', /--learning-rate is 0\b/],
  ['--learning-rate fast', /--learning-rate is 'fast' but/],
  ['--activation swoosh', /--activation is swoosh but/],
  ['--network vgg', /--network is vgg but must be one of lenet5, mlp, cnn, resnet, dscnn/],
  ['--network mlp --activation relu', /--activation has no effect on mlp; .*--network lenet5/],
  ['--std 0', /--std is 0\b/],
  ['--std -1', /--std is -1\b/],
  ['--mean nan', /--mean is 'nan' but/],
  // Values that no command could read back.
  ['--std 1e-9', /\bstd\b/],
  ['--mean 1e9', /\bmean\b/],
]);

testRefusals('doctor', [
  ['--nope', /--nope is not an option/],
  ['stray', /'stray' is not an option/],
  ['--json=1', /--json takes no value/],
]);

for (const [args, pattern] of [
  ['bogus', /'bogus' is not a command/],
  ['prune --preset paper --mutation-rate 1.5 --out found', /--mutation-rate is 1\.5 but/],
  ['prune --images 2001', /--images is 2001 but/],
  ['prune --json --layers conv9', /--layers is conv9 but/],
  ['evaluate --std 0 --json', /\bstd\b/],
] satisfies Refusals) {
  test(`refuses ${args} in a process of its own`, () =>
    inFolder(async (cwd) => {
      assertRefused(await run(args, { cwd }), pattern);
      assert.equal(await listing(cwd), []);
    }));
}

test('--verbose adds the stack of an error before its sentence', () =>
  inFolder(async (cwd) => {
    const { code, stdout, stderr } = await run('prune --verbose --split none', { cwd });
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr, /\n {4}at /);
    assert.match(stderr, /\nmasksearch: --split is none but [^\n]*\.\n$/);
  }));

test('a missing device is an error with advice', () =>
  inFolder(async (cwd) => {
    // A driver that does not exist, so that there is no GPU on any machine.
    const env = { VK_DRIVER_FILES: join(cwd, 'none'), VK_ICD_FILENAMES: join(cwd, 'none') };
    for (const command of ['evaluate', 'prune --preset paper --iterations 1 --out found --json']) {
      const ended = await run(`${command} --images 5 --device webgpu`, { cwd, env });
      assertRefused(ended, /no WebGPU adapter .*driver.*masksearch doctor.*--device wasm/, { code: 3 });
    }
    assert.equal(await listing(cwd), []);
  }));

test.run();
