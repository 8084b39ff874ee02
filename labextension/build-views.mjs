// Builds the panels' modules, which three hosts load: one file a view, with the kit shared between
// them, and once more each in one piece, for a notebook whose front end can reach no server.
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'llmops_workbench', 'static');
// Built beside and then moved there: whoever loads a page meanwhile finds the old files or the new.
const fresh = join(here, 'lib', `static.${process.pid}`);
const panels = existsSync(join(here, 'views/panels'))
  ? (await readdir(join(here, 'views/panels')))
      .filter(name => /^[a-z]+\.tsx?$/.test(name))
      .map(name => `views/panels/${name}`)
  : [];
const development = process.argv.includes('--dev');
const shared = {
  absWorkingDir: here,
  bundle: true,
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  loader: { '.css': 'text' },
  logLevel: 'warning',
  minify: !development,
  sourcemap: development ? 'inline' : false,
  target: 'es2022',
  tsconfig: 'views/tsconfig.json'
};

async function bundle(entryPoints, options) {
  const found = entryPoints.filter(name => existsSync(join(here, name)));
  if (found.length) {
    await build({
      ...shared,
      entryPoints: found,
      entryNames: '[name]',
      ...options
    });
  }
}

try {
  await mkdir(fresh, { recursive: true });
  await bundle([...panels, 'views/hosts/panel.ts'], {
    outdir: join(fresh, 'views'),
    chunkNames: 'shared-[hash]',
    splitting: true
  });
  await bundle(panels, { outdir: join(fresh, 'single') });
  await bundle(['views/hosts/notebook.ts'], { outdir: fresh });
  await rm(out, { recursive: true, force: true });
  await rename(fresh, out);
} finally {
  await rm(fresh, { recursive: true, force: true });
}
