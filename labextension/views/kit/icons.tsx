import type { JSX } from 'preact';

/** Strokes on a 16 by 16 grid, drawn by us. */
const STROKES = {
  add: 'M8 3v10M3 8h10',
  back: 'M10 3 5 8l5 5',
  cell: 'M2.5 3.5h11v9h-11zM8 6v4M6 8h4',
  check: 'm3 8.5 3.2 3.2L13 5',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2 1.6',
  close: 'm4 4 8 8M12 4l-8 8',
  code: 'M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5',
  contrast:
    'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 2v12M8 5.5h4.5M8 8h6M8 10.5h4.5',
  copy: 'M5.5 5.5h7v8h-7zM3.5 10.5v-8h7',
  down: 'm4 6 4 4 4-4',
  download: 'M8 2.5v7m-3-3 3 3 3-3M3 12.5h10',
  dot: 'M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  edit: 'm3 13 .6-2.8 7-7 2.2 2.2-7 7zM9.3 4.5l2.2 2.2',
  filter: 'M2.5 3.5h11L9.5 8.3v4.2l-3-1.5V8.3z',
  grid: 'M2.5 2.5h11v11h-11zM2.5 6.2h11M2.5 9.8h11M6.2 6.2v7.3',
  help: 'M6 6.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.4M8 11.6v.1M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8z',
  info: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 7.3v4M8 4.9v.1',
  link: 'M6.8 9.2a2.4 2.4 0 0 0 3.4 0l2.1-2.1a2.4 2.4 0 0 0-3.4-3.4l-.9.9M9.2 6.8a2.4 2.4 0 0 0-3.4 0L3.7 8.9a2.4 2.4 0 0 0 3.4 3.4l.9-.9',
  menu: 'M8 3.2v.1M8 8v.1M8 12.7v.1',
  minus: 'M3 8h10',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3v10l7.5-5z',
  question: 'M6 6.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.4M8 11.6v.1',
  refresh: 'M13 3v3.5H9.5M13 6.5A5.3 5.3 0 1 0 13.2 9',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 13.5 13.5',
  star: 'm8 2 1.8 3.8 4.1.5-3 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1-3-2.9 4.1-.5z',
  stop: 'M4 4h8v8H4z',
  tag: 'M2.5 2.5h5.2l5.8 5.8-5.2 5.2-5.8-5.8zM5.3 5.3v.1',
  trash: 'M3 4.5h10M6.3 4.5v-2h3.4v2M4.5 4.5l.6 9h5.8l.6-9',
  undo: 'M5.5 3 2.5 6l3 3M3 6h6.5a3.5 3.5 0 0 1 0 7H7',
  up: 'm4 10 4-4 4 4',
  upload: 'M8 10V2.8m-3 3 3-3 3 3M3 12.5h10',
  warning: 'M8 2 1.8 13.2h12.4zM8 6.3v3.4M8 11.4v.1'
} as const;

export type IconName = keyof typeof STROKES;

/** A small picture beside a word; on its own it says nothing to a screen reader. */
export function Icon({
  name,
  size = 16
}: {
  name: IconName;
  size?: number;
}): JSX.Element {
  return (
    <svg
      class="lw-icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
    >
      <path d={STROKES[name]} />
    </svg>
  );
}
