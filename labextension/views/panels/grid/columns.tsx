import type { IHost } from '../../host';
import { format, t, type IColumn, type JSX } from '../../kit';
import { shortName } from '../answers/acts';
import { Broken, Changed, Shown } from '../answers/texts';
import { COLUMN, type IChosen } from './rows';
import type { IMetric } from '../answers/types';
import type { IGridRow, IReport } from './types';
import { VariantHead } from './head';

const NARROWEST = 224;
const ASIDE = 56;

/** The columns of the grid: what was asked about, what is right, and one for each variant. */
export function gridColumns(
  host: IHost,
  report: IReport,
  chosen: IChosen,
  width: number
): IColumn<IGridRow>[] {
  const lines = { '--lw-lines': chosen.lines };
  const asked = Math.max(140, Math.min(320, Math.round(width * 0.2)));
  const right = report.target === null ? 0 : Math.max(88, asked * 0.45);
  const left = width - ASIDE - asked - right;
  const each = Math.max(NARROWEST, Math.floor(left / report.variants.length));
  const columns: IColumn<IGridRow>[] = [
    {
      key: 'text',
      label: report.inputs.join(' · ') || t(host, 'Asked'),
      title: t(host, 'What the prompts show of the row'),
      sortable: false,
      width: asked,
      render: value => (
        <div class="lw-answer" style={lines}>
          <Shown host={host} text={value as string | null} />
        </div>
      )
    }
  ];
  if (report.target !== null) {
    columns.push({
      key: 'expected',
      label: report.target,
      title: t(host, 'The right answer, from the column %1', report.target),
      sortable: false,
      width: right,
      render: value => (
        <div class="lw-answer lw-null" style={lines}>
          <Shown host={host} text={value as string | null} />
        </div>
      )
    });
  }
  const labels = shortLabels(report);
  report.variants.forEach((variant, at) =>
    columns.push({
      key: `${COLUMN}${at}`,
      label: labels[at],
      title: [
        variant.label,
        chosen.metric
          ? t(host, 'Press to sort by the score of this variant')
          : ''
      ].join('\n'),
      sortable: chosen.metric !== '',
      width: each,
      header: (
        <VariantHead
          host={host}
          report={report}
          at={at}
          metric={chosen.metric}
        />
      ),
      value: row => row[`a${at}`] ?? row[`e${at}`],
      render: (_, row) => (
        <div class="lw-answer" style={lines}>
          <Variant host={host} row={row} at={at} chosen={chosen} />
          <Marks
            host={host}
            row={row}
            at={at}
            metrics={report.metrics}
            starred={chosen.starred.includes(`${row.place}/${at}`)}
          />
        </div>
      )
    })
  );
  return columns;
}

/** Names of the variants that fit over a column; the whole ones where short ones are alike. */
export function shortLabels({ variants, models }: IReport): string[] {
  const short = variants.map(({ prompt, model, label }) => {
    const asked = prompt.includes(':@')
      ? label.split(' · ')[0]
      : shortName(prompt);
    return models > 1 ? `${asked} · ${shortName(model)}` : asked;
  });
  return new Set(short).size === short.length
    ? short
    : variants.map(({ label }) => label);
}

/** What one variant said, or in what it differs from another text. */
function Variant({
  host,
  row,
  at,
  chosen
}: {
  host: IHost;
  row: IGridRow;
  at: number;
  chosen: IChosen;
}): JSX.Element {
  const said = row[`a${at}`] as string | null;
  const error = row[`e${at}`] as string | null;
  if (said === null && error !== null) {
    return <Broken error={error} />;
  }
  const other = otherText(row, at, chosen);
  if (said === null || other === null || other === said) {
    return <Shown host={host} text={said} />;
  }
  return <Changed before={other} after={said} />;
}

/** The text that an answer is compared with, or null. */
function otherText(
  row: IGridRow,
  at: number,
  { against }: IChosen
): string | null {
  const field = {
    nothing: '',
    baseline: at === 0 ? '' : 'a0',
    expected: 'expected',
    earlier: `b${at}`
  }[against];
  return (row[field] as string | null | undefined) ?? null;
}

/** How an answer was scored: right, wrong, or the score itself. */
function Marks({
  host,
  row,
  at,
  metrics,
  starred
}: {
  host: IHost;
  row: IGridRow;
  at: number;
  metrics: IMetric[];
  starred: boolean;
}): JSX.Element {
  return (
    <div class="lw-answer-marks">
      {starred && (
        <span class="lw-mark-star" role="img" aria-label={t(host, 'starred')}>
          ★
        </span>
      )}
      {metrics.map((metric, number) => (
        <Mark
          key={metric.name}
          host={host}
          metric={metric}
          value={row[`s${at}_${number}`] as number | null}
          chose={row[`c${at}`] as string | null | undefined}
        />
      ))}
    </div>
  );
}

export function Mark({
  host,
  metric,
  value,
  chose
}: {
  host: IHost;
  metric: IMetric;
  value: number | null;
  chose?: string | null;
}): JSX.Element | null {
  if (value === null || value === undefined) {
    return null;
  }
  const told = [
    `${metric.name}: ${format.full(value)}`,
    metric.kind === 'proportion' && chose ? t(host, 'chose %1', chose) : '',
    metric.help
  ];
  const title = told.filter(Boolean).join('\n');
  if (metric.kind !== 'proportion') {
    return (
      <span class="lw-mark-score" title={title}>
        {format.number(value, 2)}
      </span>
    );
  }
  const right = value === metric.best;
  return (
    <span
      class={right ? 'lw-mark-good' : 'lw-mark-bad'}
      title={title}
      role="img"
      aria-label={
        right
          ? t(host, '%1: right', metric.name)
          : t(host, '%1: wrong', metric.name)
      }
    >
      {right ? '✓' : '✗'}
    </span>
  );
}
