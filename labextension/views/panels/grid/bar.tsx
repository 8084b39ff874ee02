import type { IHost } from '../../host';
import {
  Button,
  format,
  SearchBox,
  Select,
  t,
  type IOption,
  type JSX
} from '../../kit';
import { COLUMN, type IChosen, type IRows } from './rows';
import type { Against, IReport, Show } from './types';

/** What is shown, in which order, and what the answers are compared with. */
export function Bar({
  host,
  report,
  chosen,
  choose,
  rows
}: {
  host: IHost;
  report: IReport;
  chosen: IChosen;
  choose: (change: Partial<IChosen>) => void;
  rows: IRows;
}): JSX.Element {
  const scored = report.metrics.length > 0;
  const shows: [Show, string, string][] = [
    ['all', t(host, 'All'), t(host, 'Every row')],
    [
      'failures',
      t(host, 'Failures'),
      t(host, 'Rows with an answer below the best score of %1', chosen.metric)
    ],
    ['errors', t(host, 'Errors'), t(host, 'Rows with a call that failed')],
    [
      'different',
      t(host, 'Different'),
      t(host, 'Rows in which the variants do not all say the same')
    ],
    ['starred', t(host, 'Starred'), t(host, 'Rows with a star; s sets one')]
  ];
  return (
    <div class="lw-bar">
      <div
        class="lw-bar-choices"
        role="group"
        aria-label={t(host, 'Rows to show')}
      >
        {shows
          .filter(([show]) => scored || show !== 'failures')
          .map(([show, label, title]) => (
            <Button
              key={show}
              kind="quiet"
              title={title}
              pressed={chosen.show === show}
              onClick={() => choose({ show })}
              label={
                <>
                  {label}
                  <span class="lw-bar-count">
                    {rows.counts ? format.count(rows.counts[show]) : ''}
                  </span>
                </>
              }
            />
          ))}
      </div>
      <SearchBox
        label={t(host, 'Search questions and answers')}
        value={chosen.search}
        onSearch={search => choose({ search })}
      />
      {report.metrics.length > 1 && (
        <Select
          label={t(host, 'Score')}
          labelled
          value={chosen.metric}
          options={report.metrics.map(metric => metric.name)}
          onChange={metric => choose({ metric })}
        />
      )}
      {scored && (
        <Select
          label={t(host, 'Order')}
          labelled
          value={orderOf(chosen)}
          options={orders(host, report, chosen)}
          onChange={key =>
            choose({ order: { key, descending: key === 'change' } })
          }
        />
      )}
      <Select
        label={t(host, 'Diff')}
        labelled
        value={chosen.against}
        options={against(host, report)}
        onChange={value => choose({ against: value as Against })}
      />
      <Select
        label={t(host, 'Lines')}
        labelled
        value={String(chosen.lines)}
        options={['1', '3', '6']}
        onChange={lines => choose({ lines: Number(lines) })}
      />
    </div>
  );
}

function orderOf({ order }: IChosen): string {
  return order.key.startsWith(COLUMN) ? 'column' : order.key;
}

function orders(host: IHost, report: IReport, chosen: IChosen): IOption[] {
  const found: IOption[] = [
    { value: 'row', label: t(host, 'as in the data') },
    { value: 'score', label: t(host, 'lowest score first') }
  ];
  if (report.variants.length > 1) {
    found.push({ value: 'change', label: t(host, 'largest change first') });
  }
  if (orderOf(chosen) === 'column') {
    found.push({ value: 'column', label: t(host, 'by one variant') });
  }
  return found;
}

function against(host: IHost, report: IReport): IOption[] {
  const found: IOption[] = [{ value: 'nothing', label: t(host, 'none') }];
  if (report.variants.length > 1) {
    found.push({ value: 'baseline', label: t(host, 'against the first') });
  }
  if (report.target !== null) {
    found.push({ value: 'expected', label: t(host, 'against the expected') });
  }
  if (report.earlier) {
    found.push({ value: 'earlier', label: t(host, 'against the last run') });
  }
  return found;
}
