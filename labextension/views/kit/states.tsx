import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { clipped } from './columns';
import { useText } from './context';
import { Button } from './controls';
import { count, percent, seconds } from './format';
import { Icon, type IconName } from './icons';
import { visible } from './text';

type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'calm';

/** How the states of jobs, runs and things look; a word that is not here looks calm. */
const LOOKS: { [state: string]: [Tone, IconName] } = {
  running: ['busy', 'play'],
  live: ['good', 'dot'],
  done: ['good', 'check'],
  finished: ['good', 'check'],
  passed: ['good', 'check'],
  ok: ['good', 'check'],
  failed: ['bad', 'warning'],
  error: ['bad', 'warning'],
  blocked: ['bad', 'stop'],
  interrupted: ['warn', 'warning'],
  stale: ['warn', 'clock'],
  warning: ['warn', 'warning'],
  paused: ['warn', 'pause'],
  queued: ['calm', 'clock'],
  waiting: ['calm', 'clock'],
  cancelled: ['calm', 'stop'],
  stopped: ['calm', 'stop']
};

/** A state as an icon and a word. */
export function StatusMark({
  state,
  label,
  title
}: {
  state: string;
  label?: string;
  title?: string;
}): JSX.Element {
  const tr = useText();
  const [tone, icon] = Object.prototype.hasOwnProperty.call(LOOKS, state)
    ? LOOKS[state]
    : (['calm', 'dot'] as const);
  return (
    <span class={`lw-status lw-tone-${tone}`} title={title} data-state={state}>
      <Icon name={icon} />
      <bdi>{label ?? tr(state)}</bdi>
    </span>
  );
}

/** What stands where nothing is yet: what will be shown, and the one action that starts it. */
export function Empty({
  title,
  hint,
  action,
  icon = 'info'
}: {
  title: string;
  hint?: ComponentChildren;
  action?: ComponentChildren;
  icon?: IconName;
}): JSX.Element {
  return (
    <div class="lw-empty">
      <Icon name={icon} size={24} />
      <div class="lw-empty-title">{title}</div>
      {hint && <div class="lw-empty-hint">{hint}</div>}
      {action && <div class="lw-empty-action">{action}</div>}
    </div>
  );
}

/** Characters of a message that stand in the box, and of its details. */
const SENTENCE = 400;
const DETAIL = 20_000;

/** One sentence that says what is wrong, the details on demand, and a second try. */
export function ErrorBox({
  error,
  again
}: {
  error: Error | string;
  again?: () => void;
}): JSX.Element {
  const tr = useText();
  const message = typeof error === 'string' ? error : error.message;
  const more =
    typeof error === 'string'
      ? ''
      : String((error as { detail?: unknown }).detail ?? '');
  const short = clipped(message, SENTENCE);
  const detail = [message.length > SENTENCE ? message : '', more]
    .filter(Boolean)
    .join('\n');
  return (
    <div class="lw-error" role="alert">
      <Icon name="warning" />
      <div class="lw-error-text">
        <bdi class="lw-error-message">{short || tr('It did not work.')}</bdi>
        {detail && (
          <details>
            <summary>{tr('Details')}</summary>
            <pre class="lw-error-detail" tabIndex={0}>
              {visible(detail.slice(0, DETAIL))}
            </pre>
          </details>
        )}
      </div>
      {again && (
        <Button icon="refresh" label={tr('Try again')} onClick={again} />
      )}
    </div>
  );
}

/** Grey lines where something is awaited; they show after 200 ms, so that quick answers do not flash. */
export function Skeleton({
  lines = 3,
  height
}: {
  lines?: number;
  height?: number;
}): JSX.Element {
  const tr = useText();
  const [shown, show] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => show(true), 200);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <div
      class="lw-skeleton"
      role="status"
      style={height ? { height: `${height}px` } : undefined}
    >
      {shown && <span class="lw-visually-hidden">{tr('Loading')}</span>}
      {shown &&
        Array.from({ length: lines }, (_, line) => (
          <div
            key={line}
            class="lw-skeleton-line"
            style={{ width: `${[100, 92, 78, 96, 64][line % 5]}%` }}
          />
        ))}
    </div>
  );
}

export interface IProgressBarProps {
  done: number;
  /** Null when nobody knows: then the bar only says that something is happening. */
  total: number | null | undefined;
  /** Seconds that are left. */
  eta?: number | null;
  label?: string;
  unit?: string;
  /** Only the bar, without the words beside it. */
  bare?: boolean;
}

/** How far something is, and how long it still takes. */
export function ProgressBar(props: IProgressBarProps): JSX.Element {
  const tr = useText();
  const { done, total, eta } = props;
  const share =
    total && total > 0 ? Math.min(1, Math.max(0, done / total)) : null;
  const words = [
    share === null ? count(done) : `${count(done)}/${count(total)}`,
    share === null ? '' : percent(share, 2),
    eta === null || eta === undefined ? '' : tr('ETA %1', seconds(eta))
  ].filter(Boolean);
  return (
    <div class="lw-progress">
      <div
        class={`lw-progress-track${share === null ? ' lw-progress-unknown' : ''}`}
        role="progressbar"
        aria-label={props.label ?? tr('Progress')}
        aria-valuemin={0}
        aria-valuemax={total ?? undefined}
        aria-valuenow={share === null ? undefined : done}
        aria-valuetext={words.join(', ')}
      >
        <div
          class="lw-progress-done"
          style={{ width: share === null ? '30%' : `${share * 100}%` }}
        />
      </div>
      {!props.bare && (
        <span class="lw-progress-words">
          {words.join(' · ')}
          {props.unit ? ` ${props.unit}` : ''}
        </span>
      )}
    </div>
  );
}
