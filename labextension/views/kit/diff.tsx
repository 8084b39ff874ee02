import type { JSX } from 'preact';

export interface ITextDiffProps {
  before: string;
  after: string;
  /** One text with both, or the two beside each other. */
  mode?: 'inline' | 'side';
  /** What the two are, for a screen reader and for the heads of `side`. */
  labels?: readonly [string, string];
}

export function TextDiff(props: ITextDiffProps): JSX.Element {
  return (
    <div class="lw-diff" dir="auto">
      {props.before === props.after ? (
        props.after
      ) : (
        <>
          <del>{props.before}</del> <ins>{props.after}</ins>
        </>
      )}
    </div>
  );
}
