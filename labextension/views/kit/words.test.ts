import { describe, expect, it } from 'vitest';
import { ARABIC, CHINESE, HOSTILE, LONG } from './testing/contents';
import { changes, words, type IChange } from './words';

const TEXTS = [
  '',
  'A dull film, with a slow start and no end.',
  'A charming film, with a slow start and a moving end.',
  CHINESE,
  CHINESE.replace('非常感人', '有点拖沓'),
  ARABIC,
  ARABIC.replace('بطيئًا', 'سريعًا'),
  'ภาพยนตร์เรื่องนี้สนุกมากและน่าประทับใจ',
  '映画はとても面白かったですが、長すぎました。',
  'Смешанный text 与 中文 👩‍👩‍👧‍👦 emoji 👍🏽!',
  ...HOSTILE
];

const before = (list: readonly IChange[]) =>
  list
    .filter(change => change.kind !== 'new')
    .map(change => change.text)
    .join('');
const after = (list: readonly IChange[]) =>
  list
    .filter(change => change.kind !== 'gone')
    .map(change => change.text)
    .join('');

/** How many words two lists have in common, in order: by the textbook's table. */
function common(a: string[], b: string[]): number {
  const table = a.map(() => new Array<number>(b.length + 1).fill(0));
  table.push(new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i][j] =
        a[i] === b[j]
          ? table[i + 1][j + 1] + 1
          : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table[0][0];
}

describe('words', () => {
  it.each(TEXTS)('part a text and lose nothing: %j', text => {
    expect(words(text).join('')).toBe(text);
  });
  it('parts text without blanks', () => {
    expect(words(CHINESE)).toContain('电影');
    expect(words(CHINESE).length).toBeGreaterThan(15);
    expect(words('ภาพยนตร์เรื่องนี้สนุก').length).toBeGreaterThan(2);
  });
  it('keeps marks with their letters, and emoji together', () => {
    expect(words('مؤثرة جدًا')).toEqual(['مؤثرة', ' ', 'جدًا']);
    expect(words('a👩‍👩‍👧‍👦b')).toEqual(['a', '👩‍👩‍👧‍👦', 'b']);
  });
});

describe('changes', () => {
  it('give both texts again, whatever they hold', () => {
    for (const a of TEXTS) {
      for (const b of TEXTS) {
        const found = changes(a, b);
        expect(before(found)).toBe(a);
        expect(after(found)).toBe(b);
      }
    }
  });
  it('keep as many words as there are in common', () => {
    for (const a of TEXTS.slice(0, 10)) {
      for (const b of TEXTS.slice(0, 10)) {
        const same = changes(a, b)
          .filter(change => change.kind === 'same')
          .flatMap(change => words(change.text))
          .filter(word => word.trim() !== '').length;
        const solid = (text: string) =>
          words(text).filter(word => word.trim() !== '');
        expect(same).toBeGreaterThanOrEqual(
          Math.floor(common(solid(a), solid(b)) * 0.8)
        );
      }
    }
  });
  it('shows one word that changed as one word', () => {
    const found = changes(CHINESE, CHINESE.replace('电影', '小说'));
    expect(found.filter(change => change.kind !== 'same')).toEqual([
      { kind: 'gone', text: '电影' },
      { kind: 'new', text: '小说' }
    ]);
  });
  it('never parts a word at the edge of what is alike', () => {
    expect(changes('the cart is red', 'the card is red')).toEqual([
      { kind: 'same', text: 'the ' },
      { kind: 'gone', text: 'cart' },
      { kind: 'new', text: 'card' },
      { kind: 'same', text: ' is red' }
    ]);
  });
  it('says nothing of two empty texts', () => {
    expect(changes('', '')).toEqual([]);
  });
  it('is done with 5 MB in a second', () => {
    const big = LONG.repeat(Math.ceil(5_000_000 / LONG.length));
    const start = performance.now();
    const found = changes(
      big,
      big.slice(0, 2_500_000) + 'X' + big.slice(2_500_000)
    );
    expect(after(found)).toContain('X');
    changes(big, big.replaceAll('fox', 'cat'));
    changes('a'.repeat(5_000_000), 'b'.repeat(5_000_000));
    expect(performance.now() - start).toBeLessThan(3000);
  });
  it('compares long texts by lines and then by words', () => {
    const lines = Array.from(
      { length: 3000 },
      (_, at) => `line ${at} of the text\n`
    );
    const other = [...lines];
    other[1500] = 'line 1500 of the book\n';
    const found = changes(
      'first\n' + lines.join('') + 'last a',
      'First\n' + other.join('') + 'last b'
    );
    expect(
      found.filter(change => change.kind === 'gone').map(c => c.text)
    ).toEqual(['first', 'text', 'a']);
  });
});
