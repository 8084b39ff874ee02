// Builds the panels' modules, which three hosts load: one file a view, with the kit shared between
// them, and once more each in one piece, for a notebook whose front end can reach no server.
import { build, transform } from 'esbuild';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'llmops_workbench', 'static');
// On the same disk, so that a rename is all that is left to do.
const aside = join(here, 'node_modules', '.views-');
const fresh = await mkdtemp(aside);
const panels = (
  await readdir(join(here, 'views', 'panels')).catch(() => [])
).filter(name => /^[a-z]+\.tsx?$/.test(name));
const dev = process.argv.includes('--dev');

// A style sheet is put in as its text, which esbuild would leave as long as it was written.
const styles = {
  name: 'styles',
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const { code } = await transform(text, { loader: 'css', minify: !dev });
      return { contents: code, loader: 'text' };
    });
  }
};
const shared = {
  absWorkingDir: here,
  bundle: true,
  entryNames: '[name]',
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
  minify: !dev,
  plugins: [styles],
  sourcemap: dev ? 'inline' : false,
  target: 'es2022',
  tsconfig: 'views/tsconfig.json'
};
const kit = { in: 'views/kit/index.ts', out: 'kit' };

// A module in one piece carries its kit, so that a host hands over the same one.
const onePiece = {
  name: 'one-piece',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^one-piece:/ }, ({ path }) => ({
      path: path.slice('one-piece:'.length),
      namespace: 'one-piece'
    }));
    onLoad({ filter: /.*/, namespace: 'one-piece' }, ({ path }) => ({
      contents: `export * from './views/panels/${path}';\nexport * as kit from './views/kit';`,
      loader: 'ts',
      resolveDir: here
    }));
  }
};

try {
  await Promise.all([
    build({
      ...shared,
      chunkNames: 'shared-[hash]',
      entryPoints: [
        ...panels.map(name => `views/panels/${name}`),
        'views/hosts/panel.ts',
        kit
      ],
      outdir: join(fresh, 'views'),
      splitting: true
    }),
    build({
      ...shared,
      entryPoints: [
        ...panels.map(name => ({
          in: `one-piece:${name}`,
          out: name.replace(/\.tsx?$/, '')
        })),
        kit
      ],
      outdir: join(fresh, 'single'),
      plugins: [styles, onePiece]
    }),
    build({
      ...shared,
      entryPoints: ['views/hosts/notebook.ts'],
      outdir: fresh
    })
  ]);
  // Whoever reads meanwhile finds the old files or the new ones, never a half of them.
  const old = await mkdtemp(aside);
  await chmod(fresh, 0o755);
  await mkdir(out, { recursive: true });
  await rename(out, join(old, 'static'));
  await rename(fresh, out);
  await rm(old, { recursive: true, force: true });
} catch (error) {
  await rm(fresh, { recursive: true, force: true });
  if (!error.errors) {
    throw error;
  }
  process.exitCode = 1;
}
