// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import page from '../../../docs/panel-kit.md?raw';
import * as kit from '.';

it.each(Object.keys(kit))('the documentation names %s', name => {
  expect(page).toMatch(new RegExp(`\`${name}\``));
});

it('the documentation names nothing that is not there', () => {
  const parts = [...page.matchAll(/^\| (`.*?) \|/gm)].flatMap(row =>
    [...row[1].matchAll(/`(\w+)`/g)].map(found => found[1])
  );
  expect(parts.filter(name => !(name in kit))).toEqual([]);
});
