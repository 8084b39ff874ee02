import { describe, expect, it } from 'vitest';
import { clipped, csv, nextSort, plain, tsv } from './columns';
import { compareValues } from './smalltable';
import { HOSTILE, LONG } from './testing/contents';
import { visible } from './text';

/** Read separated values as RFC 4180 says. */
function parsed(text: string, mark: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (quoted) {
      if (letter === '"' && text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (letter === '"') {
        quoted = false;
      } else {
        cell += letter;
      }
    } else if (letter === '"') {
      quoted = true;
    } else if (letter === mark) {
      rows[rows.length - 1].push(cell);
      cell = '';
    } else if (letter === '\n') {
      rows[rows.length - 1].push(cell);
      cell = '';
      rows.push([]);
    } else {
      cell += letter;
    }
  }
  rows[rows.length - 1].push(cell);
  return rows;
}

describe('copies', () => {
  const columns = [{ key: 'a' }, { key: 'b', label: 'the, "b"' }];
  const rows = HOSTILE.map((text, at) => ({ a: text, b: at }));

  it.each([
    [csv, ','],
    [tsv, '\t']
  ] as const)('can be read again', (write, mark) => {
    expect(parsed(write(columns, rows), mark)).toEqual([
      ['a', 'the, "b"'],
      ...rows.map(row => [row.a, String(row.b)])
    ]);
  });
});

describe('cells', () => {
  it('are written in full', () => {
    expect(plain(null)).toBe('');
    expect(plain(0)).toBe('0');
    expect(plain(10n)).toBe('10');
    expect(plain({ big: 10n, list: new Float32Array([1, 2]) })).toBe(
      '{"big":"10","list":[1,2]}'
    );
    expect(plain(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
    expect(plain(new Date(NaN))).toBe('');
  });
  it('are clipped to one line of whole characters', () => {
    expect(clipped('a\r\nb\u2028c')).toBe('a ⏎ b ⏎ c');
    expect(clipped('ab😀', 3)).toBe('ab…');
    expect(clipped(LONG, 10)).toHaveLength(11);
    const start = performance.now();
    clipped('x'.repeat(5_000_000));
    expect(performance.now() - start).toBeLessThan(50);
  });
  it('show what one does not see', () => {
    expect(visible('\u001b[31m')).toBe('␛[31m');
    expect(visible('user\u202egnp.exe')).toBe('user⟨RLO⟩gnp.exe');
    expect(visible('a\tb\nc')).toBe('a\tb\nc');
    for (const text of HOSTILE) {
      // eslint-disable-next-line no-control-regex
      const unseen = /[\u0000-\u0008\u000b-\u001f\u202d\u202e]/;
      expect(visible(text)).not.toMatch(unseen);
    }
  });
});

describe('orders', () => {
  it('go up, down and back', () => {
    const up = nextSort(null, 'a');
    const down = nextSort(up, 'a');
    expect([up, down, nextSort(down, 'a')]).toEqual([
      { key: 'a', descending: false },
      { key: 'a', descending: true },
      null
    ]);
    expect(nextSort(down, 'b')).toEqual({ key: 'b', descending: false });
  });
  it('put numbers by size and nothing last', () => {
    const list = [10, null, 9, NaN, 2, undefined];
    expect(list.sort(compareValues).slice(0, 3)).toEqual([2, 9, 10]);
    expect(['b10', 'b9', 'a'].sort(compareValues)).toEqual(['a', 'b9', 'b10']);
  });
});
