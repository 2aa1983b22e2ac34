/** The command line as a program: help, version, doctor, how it is started and piped. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertRuns, assertRunsHere, inFolder, listing, MAIN, run } from '../../helpers/cli.ts';

const COMMANDS = {
  prune:
    'method preset seed layers keep-layers max-accuracy-drop max-loss-rise max-loss target-sparsity max-sparsity min-kept evaluations seconds patience importance ' +
    'iterations initial-temperature mutation-rate loss-to-warmup max-loss-penalty ' +
    'generations population-size elite-size tournament-size crossover-rate pareto ' +
    'model architecture activation pooling flatten mean std task scale from expect-accuracy data label-column split-seed split images targets repair ridge calibration device threads memory disable check export out json verbose help',
  pick: 'at model architecture activation pooling flatten mean std task scale export out json verbose help',
  repair:
    'masks repair ridge calibration model architecture activation pooling flatten mean std task scale data label-column split-seed device threads memory export out json verbose help',
  sensitivity:
    'sparsities repair ridge calibration model architecture activation pooling flatten mean std task scale data label-column split-seed split images device threads memory out json verbose help',
  compare:
    'seeds preset layers max-accuracy-drop max-loss-rise max-loss target-sparsity evaluations importance ' +
    'iterations initial-temperature mutation-rate loss-to-warmup max-loss-penalty ' +
    'generations population-size elite-size tournament-size crossover-rate ' +
    'model architecture activation pooling flatten mean std task scale data label-column split-seed split-seeds split images repair calibration baselines random-search device threads memory out json verbose help',
  evaluate:
    'masks repair ridge calibration model architecture activation pooling flatten mean std task scale expect-accuracy data label-column split-seed split images device threads memory json verbose help',
  inspect: 'architecture activation pooling flatten mean std task scale write-architecture json verbose help',
  train:
    'network out seed epochs batch-size learning-rate activation mean std export data label-column split-seed json verbose help',
  doctor: 'json verbose help',
} as const;

const packageFile = new URL('../../../package.json', import.meta.url);
const { version, bin } = JSON.parse(await readFile(packageFile, 'utf8')) as {
  version: string;
  bin: { masksearch: string };
};

for (const args of [[], ['--help'], ['help']]) {
  test(`the overview, for ${args.join(' ') || 'no arguments'}`, async () => {
    const { stdout, stderr } = await assertRuns(args);
    assert.is(stderr, '');
    assert.ok(stdout.startsWith(`masksearch ${version}`));
    for (const command of Object.keys(COMMANDS)) assert.match(stdout, new RegExp(`^ +${command} {2}`, 'm'));
    for (const code of [0, 1, 2, 3, 130]) assert.match(stdout, new RegExp(`\\b${code} [a-z]`));
    assertNarrow(stdout);
  });
}

for (const [command, options] of Object.entries(COMMANDS)) {
  test(`${command} --help explains every option and no other`, async () => {
    const { stdout, stderr } = await assertRunsHere([command, '--help']);
    assert.is(stderr, '');
    const usage = { pick: 'pick RUN', inspect: 'inspect FILE' }[command] ?? command;
    assert.ok(stdout.startsWith(`Usage: masksearch ${usage} [options]\n`));
    const explained = [...stdout.matchAll(/^ +--([a-z-]+)/gm)].map(([, name]) => name);
    assert.equal([...explained].sort(), options.split(' ').sort());
    assertNarrow(stdout);
  });

  test(`${command} --help with other options only prints the help`, () =>
    inFolder(async (cwd) => {
      const { stdout } = await assertRunsHere([command, '--nope', '--out', 'x', '--help'], { cwd });
      assert.match(stdout, /^Usage: /);
      assert.equal(await listing(cwd), []);
    }));
}

function assertNarrow(text: string): void {
  const widest = text.split('\n').sort((a, b) => b.length - a.length)[0]!;
  assert.ok(widest.length <= 120, widest);
  assert.not.match(text, /undefined|\[object|NaN/);
}

test('--version', async () => {
  const { stdout, stderr, code } = await run(['--version']);
  assert.equal({ code, stdout, stderr }, { code: 0, stdout: `${version}\n`, stderr: '' });
});

test('starts by a link, in any folder', () =>
  inFolder(async (cwd) => {
    // As npm installs a command.
    await symlink(MAIN, join(cwd, 'masksearch.ts'));
    const { stdout } = await assertRuns(['--version'], { cwd, entry: join(cwd, 'masksearch.ts') });
    assert.is(stdout, `${version}\n`);
  }));

test('starts as it was built, by a link, in any folder', () =>
  inFolder(async (cwd) => {
    const built = join(import.meta.dirname, '../../..', bin.masksearch);
    assert.ok(existsSync(built), 'run `npm run build`');
    assert.match(await readFile(built, 'utf8'), /^#!\/usr\/bin\/env node\n/);
    await symlink(built, join(cwd, 'masksearch'));
    for (const [args, expected] of [
      [['--version'], `${version}\n`],
      [['evaluate', '--images', '5', '--device', 'wasm', '--json'], /^\{\n {2}"loss": /],
    ] as const) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(cwd, 'masksearch'), ...args], {
        cwd,
        encoding: 'utf8',
      });
      assert.is(status, 0, stderr);
      if (typeof expected === 'string') assert.is(stdout, expected);
      else assert.match(stdout, expected);
      assert.is(stderr, '');
    }
  }));

test('a pipe that is closed early is not an error', async () => {
  // As `| head -1` does.
  for (const args of ['--help', 'doctor --json', 'evaluate --images 5 --device reference']) {
    const { stderr } = await run(args, { closed: ['stdout'] });
    assert.is(stderr, '', `masksearch ${args} | head -1`);
  }
});

test('a closed standard error does not end a search', () =>
  inFolder(async (cwd) => {
    const args = '--preset paper --iterations 1 --images 20 --split all --layers out --device wasm';
    const { code, stdout } = await run(`prune ${args} --out found`, { cwd, closed: ['stderr'] });
    assert.is(code, 0);
    assert.match(stdout, /found\/report\.html/);
    assert.is((await listing(join(cwd, 'found'))).length, 5);
  }));

test('doctor describes the machine and gives advice', async () => {
  const { stdout, stderr } = await assertRuns(['doctor'], { env: { MASKSEARCH_SOFTWARE_GPU: 'off' } });
  assert.is(stderr, '');
  assert.ok(stdout.startsWith(`masksearch ${version}, Node ${process.version}, `));
  assert.match(stdout, /^MASKSEARCH_SOFTWARE_GPU=off$/m);
  assert.match(stdout, /^- .*--device auto\b/m);
  assert.match(stdout, /digits: there; bundled model: there/);
  assert.match(stdout, /^( +k|K)ernel check: /m);
  assert.not.match(stdout, /undefined|\[object|NaN/);
});

test('doctor says that there is no GPU, and names the requested driver', () =>
  inFolder(async (cwd) => {
    const driver = join(cwd, 'none.json');
    const { stdout } = await run(['doctor'], {
      env: { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: undefined },
    });
    assert.ok(stdout.includes(`VK_DRIVER_FILES=${driver}`));
    assert.match(stdout, /^- No hardware GPU was found: --device auto takes /m);
    assert.match(stdout, /^- .*\b(install|driver)\b/m);
    // In a clone and in an installed package alike: neither has a software GPU.
    assert.not.match(stdout, /^(Software|Hardware) /m);
    assert.match(stdout, /^- --device webgpu fails here\. A clone .*\n {2}npm run with-software-gpu -- /m);
  }));

test('doctor --json is one object', async () => {
  const { stdout, stderr } = await assertRuns(['doctor', '--json']);
  assert.is(stderr, '');
  const report = JSON.parse(stdout) as Record<string, unknown>;
  const { node, adapters, data, model, platform, cores } = report;
  assert.is(report['version'], version);
  assert.equal({ node, data, model }, { node: process.version, data: true, model: true });
  assert.is(platform, `${process.platform} ${process.arch}`);
  assert.ok(Number(cores) >= 1);
  assert.ok(Array.isArray(adapters));
});

test.run();
