import type { IHost } from '../../host';
import {
  Empty,
  ErrorBox,
  format,
  ProgressBar,
  Reference,
  t,
  type JSX
} from '../../kit';

/** How far a piece of the work is. */
export interface IBar {
  label: string;
  done: number;
  total: number | null;
  unit: string;
  left: number | null;
}

export interface IUnderWay {
  state: string;
  error: string | null;
  job: string | null;
  bars: IBar[];
}

/** A run that has no result yet, or never got one. */
export function UnderWay({
  host,
  run,
  title
}: {
  host: IHost;
  run: IUnderWay;
  title: string;
}): JSX.Element {
  const watch = run.job && (
    <Reference
      host={host}
      to={run.job}
      view="job"
      label={t(host, 'Watch the job')}
    />
  );
  if (run.error) {
    return (
      <div class="lw-underway">
        <ErrorBox error={run.error} />
        {watch}
      </div>
    );
  }
  if (run.bars.length === 0) {
    return <Empty title={title} hint={watch} icon="clock" />;
  }
  return (
    <div class="lw-underway" aria-live="polite">
      {run.bars.map(bar => (
        <div key={bar.label} class="lw-underway-bar">
          <bdi class="lw-underway-label" title={bar.label}>
            {bar.label}
          </bdi>
          <ProgressBar
            done={bar.done}
            total={bar.total}
            eta={bar.total !== null && bar.done >= bar.total ? null : bar.left}
            label={bar.label}
          />
        </div>
      ))}
      <div class="lw-underway-foot">
        {watch}
        <span class="lw-null">
          {t(
            host,
            '%1 pieces of work so far; the answers come when all are done',
            format.count(run.bars.length)
          )}
        </span>
      </div>
    </div>
  );
}
