/**
 * Which room of src/ may import which: one table, from which the linter's rules are made. CONTRIBUTING.md says what each room is
 * for. What the linter cannot see, such as what the browser's entry reaches, test/unit/layers.test.ts checks.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import tseslint from 'typescript-eslint';

/** `values`: rooms that may be imported in full; `types`: rooms of which only types may be. */
const ROOMS = {
  core: { values: [] },
  search: { values: ['core'] },
  kernels: { values: ['core'] },
  network: { values: ['core', 'kernels'], types: ['search'] },
  data: { values: ['core'] },
  formats: { values: ['core', 'kernels', 'network', 'data'], types: ['search'] },
  engine: { values: ['core', 'kernels', 'network', 'data'], types: ['search'] },
  train: { values: ['core', 'kernels', 'network', 'data', 'engine'] },
  repair: { values: ['core', 'kernels', 'network', 'data', 'engine'], types: ['search'] },
  baselines: { values: ['core', 'kernels', 'network', 'data', 'engine', 'repair'], types: ['search'] },
  report: { values: ['core'], types: ['search'] },
  sensitivity: {
    values: ['core', 'network', 'data', 'engine', 'baselines', 'repair'],
    types: ['search', 'report'],
  },
  pruning: {
    values: [
      'core',
      'search',
      'kernels',
      'network',
      'data',
      'formats',
      'engine',
      'baselines',
      'repair',
      'report',
    ],
  },
  compare: {
    values: ['core', 'search', 'network', 'data', 'engine', 'baselines', 'repair', 'report', 'pruning'],
  },
  bench: {
    values: ['core', 'search', 'kernels', 'network', 'data', 'engine', 'report', 'pruning'],
  },
};

/** Rooms that compute the same on every machine: nothing in them is loaded on demand. */
const PURE = ['core', 'search', 'kernels', 'network', 'data', 'engine', 'report'];

const rooms = readdirSync(join(import.meta.dirname, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Specifiers that climb out of a room into one of `targets`, or into a file of src/ itself. */
const into = (targets) => `^(\\.\\./)+((${targets.join('|')})/|(index|node|browser)\\.ts$)`;

function rulesOf(room) {
  const { values, types = [] } = ROOMS[room];
  const forbidden = rooms.filter((other) => other !== room && ![...values, ...types].includes(other));
  const may = [...values, ...types.map((name) => `types of ${name}`)].join(', ') || 'no other room';
  const message = `src/${room}/ may import ${may} (eslint.rooms.js).`;
  const patterns = [
    { regex: into(forbidden), message },
    ...types.map((name) => ({ regex: `^(\\.\\./)+${name}/`, message, allowTypeImports: true })),
    { regex: '^masksearch', message: 'Import from src/ itself, not from the package.' },
  ];
  return {
    '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
    'no-restricted-syntax': [
      'error',
      ...(PURE.includes(room)
        ? [
            {
              selector: 'ImportExpression:not([source.value="webgpu"])',
              message: 'Import at the top of the file.',
            },
          ]
        : []),
      { selector: 'TSImportType', message: 'Import the type at the top of the file.' },
    ],
  };
}

/** Files of the page: `outOfFolder` is how their specifiers climb out of web/src/ or web/worker/. */
function pageRule(files, outOfFolder) {
  const regex = `^(?!\\.|masksearch/browser$|uplot(/dist/uPlot\\.min\\.css)?$)|^${outOfFolder}(?!(src|worker)/)`;
  const message = 'The page uses masksearch/browser and its own files, as any page would.';
  return {
    files,
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [{ regex, message }] }] },
  };
}

export default tseslint.config(
  ...rooms.map((room) => {
    if (room === 'cli') return { files: ['src/cli/**/*.ts'] };
    if (!ROOMS[room]) throw new Error(`src/${room}/ has no line in eslint.rooms.js`);
    return { files: [`src/${room}/**/*.ts`], rules: rulesOf(room) };
  }),
  {
    files: ['src/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^\\./cli/', message: 'The command line is built on the library.' }] },
      ],
    },
  },
  pageRule(['web/{src,worker}/*.ts'], '\\.\\./'),
  pageRule(['web/{src,worker}/*/*.ts'], '\\.\\./\\.\\./'),
);
