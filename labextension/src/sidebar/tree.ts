/** A place in the tree: a section's heading, or an entry of it. */
export interface IPlace {
  section: string;
  /** -1 for the heading. */
  index: number;
}

/** What the tree looks like to somebody who moves in it. */
export interface IShape {
  sections: readonly string[];
  isOpen: (section: string) => boolean;
  /** How many entries of an open section can be gone to. */
  length: (section: string) => number;
}

/** What a key does. */
export type Deed =
  { go: IPlace } | { toggle: string } | { open: IPlace } | { menu: IPlace };

/** Entries that a page of the keyboard has. */
const PAGE = 10;

/** Say what a key does at a place; undefined when it does nothing here. */
export function deedOf(
  key: string,
  shift: boolean,
  place: IPlace,
  shape: IShape
): Deed | undefined {
  const { section, index } = place;
  const heading = index < 0;
  switch (key) {
    case 'ArrowDown':
      return go(stepped(place, 1, shape));
    case 'ArrowUp':
      return go(stepped(place, -1, shape));
    case 'PageDown':
      return go(stepped(place, PAGE, shape));
    case 'PageUp':
      return go(stepped(place, -PAGE, shape));
    case 'Home':
      return go({ section: shape.sections[0], index: -1 });
    case 'End':
      return go(end(shape));
    case 'ArrowRight':
      if (!heading) {
        return undefined;
      }
      return shape.isOpen(section)
        ? go(stepped(place, 1, shape))
        : { toggle: section };
    case 'ArrowLeft':
      if (!heading) {
        return go({ section, index: -1 });
      }
      return shape.isOpen(section) ? { toggle: section } : undefined;
    case ' ':
      return heading ? { toggle: section } : { open: place };
    case 'Enter':
      return heading ? { toggle: section } : { open: place };
    case 'ContextMenu':
      return { menu: place };
    case 'F10':
      return shift ? { menu: place } : undefined;
    default:
      return undefined;
  }
}

/** Move a place into the tree as it is now: entries may have gone. */
export function within(place: IPlace, shape: IShape): IPlace {
  const section = shape.sections.includes(place.section)
    ? place.section
    : shape.sections[0];
  const most = shape.isOpen(section) ? shape.length(section) - 1 : -1;
  return { section, index: Math.max(-1, Math.min(place.index, most)) };
}

function go(place: IPlace): Deed {
  return { go: place };
}

/** Move by some lines, headings included; stop at either end. */
function stepped(place: IPlace, by: number, shape: IShape): IPlace {
  let at = shape.sections.indexOf(place.section);
  let index = place.index + by;
  const size = () =>
    shape.isOpen(shape.sections[at]) ? shape.length(shape.sections[at]) : 0;
  while (index >= size() && at < shape.sections.length - 1) {
    index -= size() + 1;
    at += 1;
  }
  while (index < -1 && at > 0) {
    at -= 1;
    index += size() + 1;
  }
  return {
    section: shape.sections[at],
    index: Math.max(-1, Math.min(index, size() - 1))
  };
}

function end(shape: IShape): IPlace {
  const section = shape.sections[shape.sections.length - 1];
  const length = shape.isOpen(section) ? shape.length(section) : 0;
  return { section, index: length - 1 };
}
