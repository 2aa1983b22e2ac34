/** The page as static files that can lie in any folder of any host. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { dataFiles } from './data-files.ts';
import { contentPolicy, HEADERS, POLICY } from './headers.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const LIBRARY = path('../src/');

/** Of the library, only the modules that a page uses: none of them does anything just by being loaded. */
const treeshake = { moduleSideEffects: (id: string) => !id.startsWith(LIBRARY) };

export default defineConfig({
  root: path('.'),
  base: './',
  publicDir: false,
  // The library as its users see it, in one piece with the page.
  resolve: { alias: { 'masksearch/browser': path('../src/browser.ts') } },
  plugins: [dataFiles(path('..')), contentPolicy(POLICY)],
  worker: { format: 'es', rolldownOptions: { treeshake } },
  build: {
    target: 'es2023',
    outDir: path('../dist/web'),
    emptyOutDir: true,
    // Data addresses are no files of this origin.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: path('index.html'), kernels: path('kernels.html') },
      treeshake,
    },
  },
  preview: { headers: HEADERS },
});
