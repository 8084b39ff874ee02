import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { copy } from '../code';
import { useHost, useText } from '../context';
import { Button } from '../controls';
import * as format from '../format';
import { Dialog } from '../sheets';
import { visible } from '../text';

/** Characters that are drawn at once: a line of 5 MB takes a browser seconds to lay out. */
const STEP = 20_000;

/** Text of any length and content, as it is: drawn bit by bit, never as anything but text. */
export function LongText({ text }: { text: string }): JSX.Element {
  const tr = useText();
  const [shown, show] = useState(STEP);
  const left = text.length - shown;
  return (
    <div class="lw-long-text">
      <pre class="lw-text" dir="auto" tabIndex={0} data-lw-focus="">
        {visible(text.slice(0, shown))}
      </pre>
      {left > 0 && (
        <Button
          label={tr('Show more (%1 characters are left)', format.count(left))}
          onClick={() => show(shown + STEP * 5)}
        />
      )}
    </div>
  );
}

/** The whole text of one cell. */
export function FullText({
  title,
  text,
  onClose
}: {
  title: string;
  text: string;
  onClose: () => void;
}): JSX.Element {
  const host = useHost();
  const tr = useText();
  return (
    <Dialog
      open
      title={title}
      onClose={onClose}
      actions={
        <>
          <span class="lw-long-count">
            {tr('%1 characters', format.count(text.length))}
          </span>
          <Button
            icon="copy"
            label={tr('Copy')}
            onClick={() => void copy(host, text)}
          />
          <Button label={tr('Close')} onClick={onClose} />
        </>
      }
    >
      <LongText text={text} />
    </Dialog>
  );
}
