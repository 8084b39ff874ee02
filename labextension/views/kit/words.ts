/** The words of a text in any script, and what changed between two texts. */

/** Scripts that write no blanks between words. */
const CLOSE =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}' +
  '\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}';
const TOKEN = new RegExp(
  `[${CLOSE}\\u30fc]+|(?:(?![${CLOSE}])[\\p{L}\\p{M}\\p{N}_])+|[^\\S\\n]+|` +
    '(?:\\p{Extended_Pictographic}|\\p{Emoji_Modifier}|\\u200d|\\ufe0f)+|.',
  'gsu'
);
const WRITES_CLOSE = new RegExp(`^[${CLOSE}]`, 'u');

let segmenter: Intl.Segmenter | null | undefined;

function segmented(text: string): string[] {
  if (segmenter === undefined) {
    segmenter =
      typeof Intl.Segmenter === 'function'
        ? new Intl.Segmenter(undefined, { granularity: 'word' })
        : null;
  }
  return segmenter
    ? Array.from(segmenter.segment(text), part => part.segment)
    : Array.from(text);
}

/** Part a text into words, blanks and marks; joined they are the text again. */
export function words(text: string): string[] {
  return (text.match(TOKEN) ?? []).flatMap(token =>
    WRITES_CLOSE.test(token) ? segmented(token) : [token]
  );
}

/** One stretch of a comparison: in both texts, only in the first, or only in the second. */
export interface IChange {
  kind: 'same' | 'gone' | 'new';
  text: string;
}

/** Steps after which two texts count as different as a whole: the work grows with their square. */
const MOST_STEPS = 1200;
/** Words beyond which lines are compared first, and then the words of changed lines. */
const MOST_WORDS = 6000;
/** Characters of each text that are compared. */
export const COMPARED = 400_000;

/** Compare two texts word by word. */
export function changes(before: string, after: string): IChange[] {
  if (before === after) {
    return before === '' ? [] : [{ kind: 'same', text: before }];
  }
  const head = commonStart(before, after);
  const tail = commonEnd(before, after, head);
  const start = before.slice(0, head);
  const end = before.slice(before.length - tail);
  const middle = compared(
    before.slice(head, before.length - tail),
    after.slice(head, after.length - tail)
  );
  return merged([
    { kind: 'same', text: start },
    ...middle,
    { kind: 'same', text: end }
  ]);
}

/** How many characters two texts begin with alike, up to the start of a word. */
function commonStart(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a.charCodeAt(at) === b.charCodeAt(at)) {
    at += 1;
  }
  while (at > 0 && inside(a, at)) {
    at -= 1;
  }
  return at;
}

function commonEnd(a: string, b: string, head: number): number {
  const most = Math.min(a.length, b.length) - head;
  let at = 0;
  while (
    at < most &&
    a.charCodeAt(a.length - 1 - at) === b.charCodeAt(b.length - 1 - at)
  ) {
    at += 1;
  }
  while (at > 0 && inside(a, a.length - at)) {
    at -= 1;
  }
  return at;
}

/** Whether a cut here could part a word: only after a blank it surely does not. */
function inside(text: string, at: number): boolean {
  return at > 0 && at < text.length && !/\s/.test(text[at - 1]);
}

function compared(before: string, after: string): IChange[] {
  if (before.length > COMPARED || after.length > COMPARED) {
    return replaced(before, after);
  }
  const [a, b] = [words(before), words(after)];
  if (a.length + b.length <= MOST_WORDS) {
    return steps(a, b) ?? replaced(before, after);
  }
  const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];
  const rough = steps(lines(before), lines(after));
  return rough === null ? replaced(before, after) : refined(rough);
}

/** Compare the words of lines that were put in each other's place. */
function refined(rough: readonly IChange[]): IChange[] {
  const joined = merged(rough);
  return joined.flatMap((change, at) => {
    const next = joined[at + 1];
    const previous = joined[at - 1];
    if (change.kind === 'new' && previous?.kind === 'gone') {
      return [];
    }
    if (change.kind !== 'gone' || next?.kind !== 'new') {
      return [change];
    }
    const [a, b] = [words(change.text), words(next.text)];
    const fine = a.length + b.length <= MOST_WORDS ? steps(a, b) : null;
    return fine ?? [change, next];
  });
}

function replaced(before: string, after: string): IChange[] {
  return [
    { kind: 'gone', text: before },
    { kind: 'new', text: after }
  ];
}

/** The shortest way from one list to the other (Myers 1986), or null when it is too long. */
function steps(a: readonly string[], b: readonly string[]): IChange[] | null {
  const [n, m] = [a.length, b.length];
  const most = Math.min(n + m, MOST_STEPS);
  const trace: Int32Array[] = [];
  const far = new Int32Array(2 * most + 3);
  const at = (k: number) => k + most + 1;
  for (let d = 0; d <= most; d += 1) {
    trace.push(far.slice());
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && far[at(k - 1)] < far[at(k + 1)]);
      let x = down ? far[at(k + 1)] : far[at(k - 1)] + 1;
      while (x < n && x - k < m && a[x] === b[x - k]) {
        x += 1;
      }
      far[at(k)] = x;
      if (x >= n && x - k >= m) {
        return walked(a, b, trace, at);
      }
    }
  }
  return null;
}

function walked(
  a: readonly string[],
  b: readonly string[],
  trace: readonly Int32Array[],
  at: (k: number) => number
): IChange[] {
  const back: IChange[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const far = trace[d];
    const k = x - y;
    const down = k === -d || (k !== d && far[at(k - 1)] < far[at(k + 1)]);
    const fromX = d === 0 ? 0 : down ? far[at(k + 1)] : far[at(k - 1)];
    const fromY = d === 0 ? 0 : fromX - (down ? k + 1 : k - 1);
    while (x > fromX && y > fromY) {
      back.push({ kind: 'same', text: a[x - 1] });
      x -= 1;
      y -= 1;
    }
    if (d > 0) {
      back.push(
        down
          ? { kind: 'new', text: b[y - 1] }
          : { kind: 'gone', text: a[x - 1] }
      );
    }
    [x, y] = [fromX, fromY];
  }
  return back.reverse();
}

/** Join neighbours of a kind; a blank alone between two changes belongs to both. */
export function merged(list: readonly IChange[]): IChange[] {
  const out: IChange[] = [];
  let gone = '';
  let fresh = '';
  const flush = () => {
    if (gone) {
      out.push({ kind: 'gone', text: gone });
    }
    if (fresh) {
      out.push({ kind: 'new', text: fresh });
    }
    gone = fresh = '';
  };
  list.forEach((change, at) => {
    const blank =
      change.kind === 'same' &&
      /^[^\S\n]+$/.test(change.text) &&
      (gone || fresh) &&
      at + 1 < list.length &&
      list[at + 1].kind !== 'same';
    if (change.kind === 'gone' || blank) {
      gone += change.text;
    }
    if (change.kind === 'new' || blank) {
      fresh += change.text;
    }
    if (change.kind === 'same' && !blank && change.text) {
      flush();
      const last = out[out.length - 1];
      if (last?.kind === 'same') {
        last.text += change.text;
      } else {
        out.push({ ...change });
      }
    }
  });
  flush();
  return out;
}
