import { describe, expect, it } from 'vitest';
import { deedOf, within, type IPlace, type IShape } from './tree';

const SIZES: { [section: string]: number } = { a: 2, b: 0, c: 30, d: 1 };
const OPEN = new Set(['a', 'b', 'c']);
const shape: IShape = {
  sections: Object.keys(SIZES),
  isOpen: id => OPEN.has(id),
  length: id => SIZES[id]
};

/** All lines that can be gone to, from top to bottom. */
const lines: IPlace[] = shape.sections.flatMap(section => [
  { section, index: -1 },
  ...Array.from(
    { length: shape.isOpen(section) ? SIZES[section] : 0 },
    (_, index) => ({ section, index })
  )
]);

function goes(key: string, place: IPlace): IPlace | undefined {
  const deed = deedOf(key, false, place, shape);
  return deed && 'go' in deed ? deed.go : undefined;
}

describe('moving in the tree', () => {
  it('goes through every line downwards and back', () => {
    lines.forEach((line, at) => {
      const next = lines[Math.min(at + 1, lines.length - 1)];
      const previous = lines[Math.max(at - 1, 0)];
      expect(goes('ArrowDown', line)).toEqual(next);
      expect(goes('ArrowUp', line)).toEqual(previous);
    });
  });

  it('goes ten lines by a page, and no further than the ends', () => {
    lines.forEach((line, at) => {
      const down = lines[Math.min(at + 10, lines.length - 1)];
      const up = lines[Math.max(at - 10, 0)];
      expect(goes('PageDown', line)).toEqual(down);
      expect(goes('PageUp', line)).toEqual(up);
    });
  });

  it('goes to the first and the last line', () => {
    expect(goes('Home', lines[9])).toEqual(lines[0]);
    expect(goes('End', lines[9])).toEqual(lines[lines.length - 1]);
  });

  it('opens a closed section, then goes into it', () => {
    const closed = { section: 'd', index: -1 };
    expect(deedOf('ArrowRight', false, closed, shape)).toEqual({ toggle: 'd' });
    expect(goes('ArrowRight', lines[0])).toEqual(lines[1]);
  });

  it('goes from an entry to its heading, then closes it', () => {
    expect(goes('ArrowLeft', lines[2])).toEqual(lines[0]);
    expect(deedOf('ArrowLeft', false, lines[0], shape)).toEqual({
      toggle: 'a'
    });
  });

  it('opens and shows the menu of an entry', () => {
    const [heading, entry] = lines;
    expect(deedOf('Enter', false, entry, shape)).toEqual({ open: entry });
    expect(deedOf('Enter', false, heading, shape)).toEqual({ toggle: 'a' });
    expect(deedOf('F10', true, entry, shape)).toEqual({ menu: entry });
    expect(deedOf('F10', false, entry, shape)).toBeUndefined();
    expect(deedOf('x', false, entry, shape)).toBeUndefined();
  });
});

describe('a place when the tree has changed', () => {
  it('stays where it was, or goes to what is nearest', () => {
    expect(within({ section: 'c', index: 29 }, shape).index).toBe(29);
    expect(within({ section: 'c', index: 31 }, shape).index).toBe(29);
    expect(within({ section: 'd', index: 0 }, shape).index).toBe(-1);
    expect(within({ section: 'gone', index: 3 }, shape)).toEqual({
      section: 'a',
      index: 1
    });
  });
});
