import type { IHost } from '../../host';
import {
  asError,
  Button,
  ErrorBox,
  t,
  useEffect,
  useRef,
  useState,
  type JSX
} from '../../kit';

interface IPiece {
  lines: string[];
  pending: string;
  start: number;
  offset: number;
  size: number;
}

interface ILog {
  lines: string[];
  pending: string;
  /** Where what is shown begins, in bytes. */
  start: number;
  offset: number | null;
}

/** Lines that are kept on the page. */
const MOST = 20_000;
const NOTHING: ILog = { lines: [], pending: '', start: 0, offset: null };
/** Pixels from the end within which the log goes on by itself. */
const NEAR = 24;

/** What the process printed: its end first, what comes as it comes, and earlier pieces on demand. */
export function Log({
  host,
  size,
  active
}: {
  host: IHost;
  size: number;
  active: boolean;
}): JSX.Element {
  const [log, show] = useState<ILog>(NOTHING);
  const [error, fail] = useState<Error>();
  const [unseen, count] = useState(0);
  const place = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    const control = new AbortController();
    host
      .ask<IPiece>(
        'printed',
        log.offset === null ? {} : { offset: log.offset },
        { signal: control.signal }
      )
      .then(
        ({ json: piece }) => {
          fail(undefined);
          const gap = log.offset !== null && piece.start !== log.offset;
          const fresh = gap || log.offset === null;
          show({
            lines: fresh
              ? piece.lines
              : [...log.lines, ...piece.lines].slice(-MOST),
            pending: piece.pending,
            start: fresh ? piece.start : log.start,
            offset: piece.offset
          });
          count(old => (follows.current ? 0 : old + piece.lines.length));
        },
        (thrown: unknown) => {
          if (!control.signal.aborted) {
            fail(asError(thrown));
          }
        }
      );
    return () => control.abort();
  }, [host, size]);
  useEffect(() => {
    if (follows.current && place.current) {
      place.current.scrollTop = place.current.scrollHeight;
    }
  }, [log]);
  const earlier = async () => {
    const { json: piece } = await host.ask<IPiece>('printed', {
      before: log.start
    });
    const box = place.current;
    const below = box ? box.scrollHeight - box.scrollTop : 0;
    show(old => ({
      ...old,
      lines: [...piece.lines, ...old.lines],
      start: piece.start
    }));
    requestAnimationFrame(() => {
      if (box) {
        box.scrollTop = box.scrollHeight - below;
      }
    });
  };
  const end = () => {
    follows.current = true;
    count(0);
    place.current?.scrollTo({ top: place.current.scrollHeight });
  };
  const text = [...log.lines, ...(log.pending ? [log.pending] : [])].join('\n');
  return (
    <div class="lw-log">
      {error && <ErrorBox error={error} />}
      {log.start > 0 && (
        <Button
          kind="quiet"
          icon="up"
          label={t(host, 'Earlier lines')}
          onClick={() => void earlier().catch(thrown => fail(asError(thrown)))}
        />
      )}
      <pre
        class="lw-log-text"
        ref={place}
        tabIndex={0}
        dir="ltr"
        role="log"
        aria-label={t(host, 'What the process printed')}
        aria-live="off"
        onScroll={event => {
          const box = event.currentTarget;
          follows.current =
            box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
          if (follows.current && unseen > 0) {
            count(0);
          }
        }}
      >
        {text ||
          (active
            ? t(host, 'It has printed nothing yet.')
            : t(host, 'It printed nothing.'))}
      </pre>
      {unseen > 0 && (
        <div class="lw-log-unseen">
          <Button icon="down" label={t(host, '%1 new', unseen)} onClick={end} />
        </div>
      )}
    </div>
  );
}
