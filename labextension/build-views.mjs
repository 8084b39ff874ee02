// Builds the panels' modules, which three hosts load: one file a view, with the kit shared between
// them, and once more each in one piece, for a notebook whose front end can reach no server.
import { build } from 'esbuild';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'llmops_workbench', 'static');
const panels = (await readdir(join(here, 'views', 'panels'))).filter(name =>
  /^[a-z]+\.tsx?$/.test(name)
);
const shared = {
  absWorkingDir: here,
  bundle: true,
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  loader: { '.css': 'text' },
  logLevel: 'warning',
  minify: !process.argv.includes('--dev'),
  sourcemap: process.argv.includes('--dev') ? 'inline' : false,
  target: 'es2022',
  tsconfig: 'views/tsconfig.json'
};

await rm(out, { recursive: true, force: true });
const entries = panels.map(name => `views/panels/${name}`);
await build({
  ...shared,
  entryPoints: [...entries, 'views/hosts/panel.ts'],
  outdir: join(out, 'views'),
  entryNames: '[name]',
  chunkNames: 'shared-[hash]',
  splitting: true
});
await build({
  ...shared,
  entryPoints: entries,
  outdir: join(out, 'single'),
  entryNames: '[name]'
});
await build({
  ...shared,
  entryPoints: ['views/hosts/notebook.ts'],
  outdir: out,
  entryNames: '[name]'
});
