import * as React from 'react';
import type { Messages } from '../messages';

/** Shapes in a square of 12, so that a state is known without its colour. */
const SHAPES: { readonly [shape: string]: string } = {
  dot: 'M6 2a4 4 0 1 1 0 8 4 4 0 0 1 0-8z',
  ring: 'M6 1.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zm0 1.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  check: 'M4.6 9.6 1.4 6.4l1.1-1.1 2.1 2.1 4.9-4.9 1.1 1.1z',
  cross: 'm3 2 3 3 3-3 1 1-3 3 3 3-1 1-3-3-3 3-1-1 3-3-3-3z',
  bars: 'M3 2h2v8H3zm4 0h2v8H7z',
  square: 'M2.5 2.5h7v7h-7z',
  triangle: 'M6 1.5 11.2 10.5H.8z',
  play: 'M3 1.8 10 6l-7 4.2z'
};

const LOOKS: { readonly [state: string]: [shape: string, tone: string] } = {
  running: ['play', 'busy'],
  serving: ['dot', 'good'],
  done: ['check', 'good'],
  failed: ['cross', 'bad'],
  alarm: ['triangle', 'warn'],
  interrupted: ['triangle', 'warn'],
  paused: ['bars', 'warn'],
  queued: ['ring', 'calm'],
  cancelled: ['square', 'calm'],
  stopped: ['ring', 'calm']
};

/** A state as a small shape, with its word for those who point at it or hear it. */
export function StateMark(props: {
  state: string;
  messages: Messages;
}): JSX.Element {
  const { state, messages } = props;
  const [shape, tone] = LOOKS[state] ?? ['ring', 'calm'];
  const word = messages.say(state);
  return (
    <span
      className="jp-LlmopsWorkbench-state"
      data-tone={tone}
      role="img"
      aria-label={word}
      title={word}
    >
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path d={SHAPES[shape]} />
      </svg>
    </span>
  );
}
