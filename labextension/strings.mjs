// Lists the texts that people read, as JSON: text by text, with the plural where there is one.
//
//     node strings.mjs
//
// Literal arguments of the translators count: `trans.__('…')`, `trans._n('…', '…', n)`,
// `t(host, '…')`, `tr('…')`, `said('…')`; a text that is put together from literals is one.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
/** By a translator's name, which of its arguments is the text. */
const PLACES = { __: 0, _n: 0, t: 1, tr: 0, said: 0 };
const found = {};

for (const folder of ['src', 'views']) {
  for (const name of readdirSync(join(here, folder), { recursive: true })) {
    const path = join(here, folder, name);
    const tested = /\.test\.tsx?$|[\\/]testing[\\/]/.test(path);
    if (['.ts', '.tsx'].includes(extname(path)) && !tested) {
      collect(path);
    }
  }
}
process.stdout.write(`${JSON.stringify(found, undefined, 1)}\n`);

function collect(path) {
  const source = ts.createSourceFile(
    path,
    readFileSync(path, 'utf8'),
    ts.ScriptTarget.Latest,
    true
  );
  const visit = node => {
    if (ts.isCallExpression(node)) {
      const called = ts.isPropertyAccessExpression(node.expression)
        ? node.expression.name.text
        : node.expression.getText(source);
      if (Object.hasOwn(PLACES, called)) {
        const [text, plural] = node.arguments
          .slice(PLACES[called], PLACES[called] + 2)
          .map(written);
        if (text) {
          found[text] ??= { where: relative(here, path) };
          if (called === '_n') {
            found[text].plural = plural;
          }
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

/** The text of a literal, or of several that are added up; undefined for anything else. */
function written(node) {
  if (ts.isStringLiteralLike(node)) {
    return node.text;
  }
  if (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.PlusToken
  ) {
    const parts = [written(node.left), written(node.right)];
    return parts.includes(undefined) ? undefined : parts.join('');
  }
  if (ts.isParenthesizedExpression(node)) {
    return written(node.expression);
  }
  return undefined;
}
