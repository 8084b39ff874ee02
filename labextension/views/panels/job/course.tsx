import type { IHost } from '../../host';
import {
  format,
  LineChart,
  ProgressBar,
  SmallTable,
  StatusMark,
  t,
  useAsk,
  useEffect,
  useMemo,
  type JSX
} from '../../kit';
import type { IChart, ILook } from './types';

/** More than a chart of this width can show. */
const POINTS = 400;

/** Numbers by step, a chart each; the first is the one that the work is about. */
export function Charts({
  host,
  now
}: {
  host: IHost;
  now: ILook;
}): JSX.Element {
  const asked = useAsk<IChart[]>(
    host,
    'charts',
    { points: POINTS },
    { follow: false }
  );
  const { again } = asked;
  useEffect(again, [now.drawn]);
  const until = now.active ? (now.steps ?? undefined) : undefined;
  const charts = asked.data ?? [];
  return (
    <div class="lw-job-charts">
      {charts.map((chart, place) => (
        <section
          key={`${chart.part}\n${chart.name}`}
          class={place === 0 ? 'lw-job-chart-first' : undefined}
        >
          {chart.part && (
            <h2 class="lw-job-heading">
              <bdi>{chart.part}</bdi>
            </h2>
          )}
          <LineChart
            label={t(host, '%1 by step', chart.label)}
            xLabel={t(host, 'step')}
            yLabel={chart.label}
            height={place === 0 ? 240 : 140}
            until={until}
            series={chart.series.map((series, colour) => ({
              name: series.label,
              x: series.x,
              y: series.y,
              points: series.held_out,
              colour: colour + 1
            }))}
          />
        </section>
      ))}
    </div>
  );
}

/** How far each piece of the work is; the steps of a pipeline before it. */
export function Course({
  host,
  now
}: {
  host: IHost;
  now: ILook;
}): JSX.Element {
  // The piece that counts as the whole job says it already.
  const overall =
    now.step !== null && !now.bars.some(bar => bar.total === now.steps);
  const columns = useMemo(
    () => [
      { key: 'name', label: t(host, 'step') },
      {
        key: 'state',
        label: t(host, 'state'),
        render: (value: unknown) => <StatusMark state={String(value)} />
      },
      {
        key: 'seconds',
        label: t(host, 'time'),
        kind: 'number' as const,
        render: (value: unknown) => format.seconds(value as number | null)
      }
    ],
    [host]
  );
  return (
    <div class="lw-job-course">
      {overall && now.active && (
        <ProgressBar
          label={t(host, 'All of it')}
          done={now.step ?? 0}
          total={now.steps}
          eta={now.eta}
        />
      )}
      {now.bars.map(bar => (
        <div key={`${bar.part}\n${bar.label}`} class="lw-job-bar">
          <bdi class="lw-job-bar-label" title={bar.label}>
            {bar.label}
          </bdi>
          <ProgressBar
            label={bar.label}
            done={bar.done}
            total={bar.total}
            eta={now.active && !bar.complete ? bar.eta : null}
            unit={bar.unit}
          />
        </div>
      ))}
      {now.parts.length > 0 && (
        <SmallTable
          label={t(host, 'Steps of the pipeline')}
          columns={columns}
          rows={now.parts}
          rowKey={part => part.name}
        />
      )}
    </div>
  );
}
