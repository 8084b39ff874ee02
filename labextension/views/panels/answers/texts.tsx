import type { IHost } from '../../host';
import {
  Button,
  copy,
  format,
  IconButton,
  LongText,
  t,
  TextDiff,
  visible,
  type ComponentChildren,
  type JSX
} from '../../kit';
import type { ILong, Turns } from './types';

/** A text for a few lines of a cell: line breaks at its beginning take one sign, not the room. */
export function brief(text: string): string {
  return visible(text.replace(/^\s*\n\s*/, '⏎ '));
}

/** A text as far as a cell shows it. */
export function Shown({
  host,
  text,
  muted
}: {
  host: IHost;
  text: string | null;
  muted?: boolean;
}): JSX.Element {
  const empty = text !== null && text.trim() === '';
  const quiet = muted || text === null || empty;
  return (
    <div class={`lw-answer-text${quiet ? ' lw-null' : ''}`} dir="auto">
      {text === null ? '–' : empty ? t(host, '(empty)') : brief(text)}
    </div>
  );
}

/** Why there is no answer, in a cell. */
export function Broken({ error }: { error: string }): JSX.Element {
  return (
    <div class="lw-answer-text lw-answer-error" dir="auto" title={error}>
      ⚠ {visible(error)}
    </div>
  );
}

/** In what an answer differs from another text, in a cell. */
export function Changed({
  before,
  after
}: {
  before: string;
  after: string;
}): JSX.Element {
  return (
    <div class="lw-answer-text" dir="auto">
      <TextDiff before={before} after={after} whole />
    </div>
  );
}

/** A part of the details: what it is, something beside its name, and the thing itself. */
export function Part({
  title,
  beside,
  children
}: {
  title: string;
  beside?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="lw-part">
      <div class="lw-part-head">
        <h3 class="lw-part-title">{title}</h3>
        {beside}
      </div>
      {children}
    </section>
  );
}

/** A text to read and to copy; what is left of a very long one is fetched when asked for. */
export function Said({
  host,
  title,
  said,
  onWhole
}: {
  host: IHost;
  title: string;
  said: ILong | null;
  onWhole: () => void;
}): JSX.Element | null {
  if (said === null) {
    return null;
  }
  return (
    <Part title={title} beside={<Copied host={host} said={said} />}>
      <Text host={host} said={said} onWhole={onWhole} />
    </Part>
  );
}

function Copied({ host, said }: { host: IHost; said: ILong }): JSX.Element {
  return (
    <IconButton
      icon="copy"
      label={t(host, 'Copy')}
      onClick={() => void copy(host, said.text)}
    />
  );
}

function Text({
  host,
  said,
  onWhole
}: {
  host: IHost;
  said: ILong;
  onWhole: () => void;
}): JSX.Element {
  const left = said.length - Array.from(said.text).length;
  if (said.text === '') {
    return <span class="lw-null">{t(host, '(empty)')}</span>;
  }
  return (
    <>
      <LongText text={said.text} />
      {left > 0 && (
        <Button
          label={t(host, 'Fetch the other %1 characters', format.count(left))}
          onClick={onWhole}
        />
      )}
    </>
  );
}

/** The prompt as it was sent, turn by turn. */
export function Sent({
  host,
  title,
  sent,
  onWhole
}: {
  host: IHost;
  title: string;
  sent: Turns | null;
  onWhole: () => void;
}): JSX.Element | null {
  if (sent === null || sent.length === 0) {
    return null;
  }
  const whole = sent.map(turn => turn.text).join('\n\n');
  return (
    <Part
      title={title}
      beside={
        <Copied host={host} said={{ text: whole, length: whole.length }} />
      }
    >
      {sent.map((turn, at) => (
        <div key={at} class="lw-turn">
          <bdi class="lw-turn-role">{turn.role ?? t(host, 'plain text')}</bdi>
          <Text host={host} said={turn} onWhole={onWhole} />
        </div>
      ))}
    </Part>
  );
}
