import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useText } from './context';
import { Button } from './controls';
import * as format from './format';
import { turns, visible } from './text';
import { changes, type IChange } from './words';

export interface ITextDiffProps {
  before: string;
  after: string;
  /** One text with both, or the two beside each other. */
  mode?: 'inline' | 'side';
  /** What the two are: the heads of `side`. */
  labels?: readonly [string, string];
  /** Show all of what did not change. */
  whole?: boolean;
}

/** Characters of unchanged text around a change that stay. */
const AROUND = 160;
/** Characters that are drawn at once. */
const STEP = 20_000;

/** What changed between two texts, word by word, in any script. */
export function TextDiff(props: ITextDiffProps): JSX.Element {
  const { before, after, mode = 'inline', labels } = props;
  const tr = useText();
  const list = useMemo(() => changes(before, after), [before, after]);
  const [whole, showAll] = useState(props.whole ?? false);
  const [shown, show] = useState(STEP);
  const lists =
    mode === 'side'
      ? [
          list.filter(change => change.kind !== 'new'),
          list.filter(change => change.kind !== 'gone')
        ]
      : [list];
  const long = lists.some(
    one => one.reduce((sum, { text }) => sum + text.length, 0) > shown
  );
  if (list.length === 0) {
    return <div class="lw-diff lw-null">{tr('(empty)')}</div>;
  }
  return (
    <div class={`lw-diff lw-diff-${mode}`}>
      {lists.map((one, side) => (
        <div key={side} class="lw-diff-text">
          {labels && mode === 'side' && (
            <bdi class="lw-diff-label">{labels[side]}</bdi>
          )}
          <div dir="auto" class="lw-text">
            {drawn(one, shown).map((change, at, all) => (
              <Stretch
                key={at}
                change={change}
                first={at === 0}
                last={at === all.length - 1}
                whole={whole || list.length === 1}
                onWhole={() => showAll(true)}
              />
            ))}
          </div>
        </div>
      ))}
      {long && (
        <Button
          label={tr('Show more')}
          onClick={() => show(shown + 5 * STEP)}
        />
      )}
    </div>
  );
}

/** As much of the changes as is drawn at once; unchanged stretches are short anyway. */
function drawn(list: readonly IChange[], most: number): IChange[] {
  const out: IChange[] = [];
  let left = most;
  for (const change of list) {
    if (left <= 0) {
      break;
    }
    const text =
      change.kind === 'same' && list.length > 1
        ? change.text
        : change.text.slice(0, left);
    out.push({ ...change, text });
    left -= Math.min(text.length, change.kind === 'same' ? 2 * AROUND : left);
  }
  return out;
}

function Stretch({
  change,
  first,
  last,
  whole,
  onWhole
}: {
  change: IChange;
  first: boolean;
  last: boolean;
  whole: boolean;
  onWhole: () => void;
}): JSX.Element {
  const tr = useText();
  const { kind, text } = change;
  // Marks that turn the direction must not reach over to the neighbours.
  const turned = turns(text) ? 'lw-isolate' : undefined;
  if (kind === 'gone') {
    return <del class={turned}>{visible(text)}</del>;
  }
  if (kind === 'new') {
    return <ins class={turned}>{visible(text)}</ins>;
  }
  const start = first ? 0 : AROUND;
  const end = last ? 0 : AROUND;
  const left = text.length - start - end;
  if ((whole && text.length < STEP) || left < AROUND) {
    return <span class={turned}>{visible(text)}</span>;
  }
  return (
    <span class={turned}>
      {visible(cut(text.slice(0, start), true))}
      <button type="button" class="lw-diff-left" onClick={onWhole}>
        {tr('… %1 characters alike …', format.count(left))}
      </button>
      {visible(end ? cut(text.slice(-end), false) : '')}
    </span>
  );
}

/** Never part a character in two. */
function cut(text: string, atEnd: boolean): string {
  return atEnd
    ? text.replace(/[\ud800-\udbff]$/, '')
    : text.replace(/^[\udc00-\udfff]/, '');
}
